// The pod that the quickstart turns unready: which one, and how one word of its manifest is changed, as a person
// would do it. Pure but for the file it rewrites.

import { readFile } from "node:fs/promises";
import type { Endpoint, Inputs } from "./manifests.ts";
import type { Picture } from "./picture.ts";
import type { Routes } from "./rendered.ts";
import { replaceFile } from "./site.ts";

/** A pod whose loss takes one next hop away and leaves others. */
export interface LonePod {
  readonly cluster: string;
  /** `namespace/name`. */
  readonly service: string;
  readonly pod: string;
  readonly node: string;
  /** Addresses of the node: the next hops that go. */
  readonly hops: readonly string[];
  /** Its endpoints, one for each family. */
  readonly endpoints: readonly Endpoint[];
}

/** The first pod that is alone on its node behind an exported Service which has ready pods on other nodes too. */
export function findLonePod(inputs: ReadonlyMap<string, Inputs>): LonePod | undefined {
  for (const [cluster, { exports, endpoints, nodes }] of inputs) {
    for (const service of exports) {
      const ready = endpoints.filter((it) => it.service === service && it.ready && it.word !== undefined);
      const byNode = Map.groupBy(ready, ({ node }) => node);
      if (byNode.size < 2) continue;
      for (const [node, own] of [...byNode].toReversed()) {
        const [first] = own;
        if (first === undefined || own.some(({ pod }) => pod !== first.pod)) continue;
        const hops = nodes.get(node) ?? [];
        if (hops.length > 0) return { cluster, service, pod: first.pod, node, hops, endpoints: own };
      }
    }
  }
  return undefined;
}

/** Text with the word of each endpoint's readiness replaced. */
export function withReadiness(text: string, endpoints: readonly Endpoint[], ready: "true" | "false"): string {
  const words = endpoints.flatMap(({ word }) => (word === undefined ? [] : [word]));
  return words
    .toSorted(([a], [b]) => b - a)
    .reduce((done, [from, to]) => done.slice(0, from) + ready + done.slice(to), text);
}

/** Changes the manifests of the pod, each file in one step. */
export async function writeReadiness(pod: LonePod, ready: "true" | "false"): Promise<void> {
  for (const [file, endpoints] of Map.groupBy(pod.endpoints, ({ file: of }) => of)) {
    await replaceFile(file, withReadiness(await readFile(file, "utf8"), endpoints, ready));
  }
}

/** Prefixes of the pod's Service: routes to them lead to its node. */
export function prefixesOf({ wanted }: Picture, pod: LonePod): readonly string[] {
  const routes = [...wanted.values()].flat();
  const own = routes.filter(
    ({ kind, cluster, purpose }) => kind === "install" && cluster === pod.cluster && purpose === pod.service,
  );
  return [...new Set(own.map(({ prefix }) => prefix))];
}

/** Nodes that still have a route to one of the prefixes through one of the pod's hops. */
export function nodesUsing(
  nodes: ReadonlyMap<string, Routes>,
  prefixes: readonly string[],
  hops: readonly string[],
): readonly string[] {
  return [...nodes].flatMap(([node, routes]) =>
    prefixes.some((prefix) => routes.get(prefix)?.some((hop) => hops.includes(hop)) === true) ? [node] : [],
  );
}
