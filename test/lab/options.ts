// Reads what a person types after `up` and `down` into a topology request. Pure; it plans nothing.

import type { DualStack } from "./addresses.ts";
import type { TopologyRequest } from "./topology.ts";

/** The options of `up` as the command line gives them; repeated options arrive as lists. */
export interface UpOptions {
  readonly clusters: string;
  readonly nodes: readonly string[];
  readonly podRange: readonly string[];
  readonly serviceRange: readonly string[];
}

/** Nodes of a cluster when nobody says otherwise. */
const nodesDefault = 2;

/** Reads `--clusters a,b --nodes 2 --nodes a=3 --pod-range d=V4,V6`; throws naming the unusable piece. */
export function parseUpOptions(options: UpOptions): TopologyRequest {
  const sizes = options.nodes.flatMap((value) => value.split(","));
  let nodes = nodesDefault;
  const nodesOf: Record<string, number> = {};
  for (const size of sizes) {
    const [name, count] = size.includes("=") ? splitPair(size) : [undefined, size];
    if (!/^[0-9]+$/.test(count)) throw new Error(`Cannot read --nodes "${size}": use 2 or a=3`);
    if (name === undefined) nodes = Number(count);
    else nodesOf[name] = Number(count);
  }
  return {
    clusters: parseNames(options.clusters),
    nodes,
    nodesOf,
    podRangeOf: parseRanges("--pod-range", options.podRange),
    serviceRangeOf: parseRanges("--service-range", options.serviceRange),
  };
}

/** Reads `a,b,c`; throws on a name given twice. */
export function parseNames(value: string): readonly string[] {
  const names = value.split(",").map((name) => name.trim());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`Cannot read clusters "${value}": "${twice}" is there twice`);
  return names;
}

function parseRanges(option: string, values: readonly string[]): Readonly<Record<string, DualStack>> {
  return Object.fromEntries(
    values.map((value) => {
      const [name, ranges] = splitPair(value);
      const [v4, v6, ...rest] = ranges.split(",");
      if (!v4?.includes(".") || !v6?.includes(":") || rest.length > 0) {
        throw new Error(`Cannot read ${option} "${value}": use d=10.64.128.0/17,fd00:10:64:80::/57`);
      }
      return [name, { v4, v6 }];
    }),
  );
}

function splitPair(value: string): readonly [string, string] {
  const at = value.indexOf("=");
  return [value.slice(0, Math.max(at, 0)), value.slice(at + 1)];
}
