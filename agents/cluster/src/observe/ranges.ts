// The ranges that a cluster uses, as far as its API server shows them, each with where it was learnt. Pure.

import type { Family, Prefix, Range, RangeKind } from "@sealane/core";
import {
  addressBits,
  comparePrefixText,
  comparePrefixes,
  formatPrefix,
  hostPrefix,
  parseAddress,
  parsePrefix,
} from "@sealane/core";
import type { Node } from "./parse-node.ts";
import type { ServiceCidr } from "./parse-service-cidr.ts";

/** Ranges that a person declared by flag; a kind that is declared is not detected. */
export interface DeclaredRanges {
  /** Canonical CIDRs. */
  readonly pod?: readonly string[];
  readonly service?: readonly string[];
}

/** Every range of the cluster, sorted by prefix. */
export function detectRanges(
  nodes: Iterable<Node>,
  serviceCidrs: Iterable<ServiceCidr>,
  declared: DeclaredRanges,
): readonly Range[] {
  const all = [...nodes];
  const ranges = [
    ...(declared.pod === undefined ? podRanges(all) : declaredRanges(declared.pod, "pod", "--pod-range")),
    ...(declared.service === undefined
      ? serviceRanges(serviceCidrs)
      : declaredRanges(declared.service, "service", "--service-range")),
    ...nodeRanges(all),
  ];
  return ranges.toSorted((a, b) => comparePrefixText(a.prefix, b.prefix));
}

/** IP families of the prefixes, IPv4 first. */
export function familiesOf(prefixes: readonly string[]): readonly ("IPv4" | "IPv6")[] {
  return (["IPv4", "IPv6"] as const).filter((family) =>
    prefixes.some((prefix) => prefix.includes(":") === (family === "IPv6")),
  );
}

function declaredRanges(prefixes: readonly string[], kind: RangeKind, source: string): Range[] {
  return prefixes.map((prefix) => ({ prefix, kind, source }));
}

function serviceRanges(serviceCidrs: Iterable<ServiceCidr>): Range[] {
  const ranges = new Map<string, Range>();
  for (const { name, prefixes } of serviceCidrs) {
    for (const prefix of prefixes)
      ranges.set(prefix, { prefix, kind: "service", source: `ServiceCIDR/${name}.spec.cidrs` });
  }
  return [...ranges.values()];
}

function nodeRanges(nodes: readonly Node[]): Range[] {
  const ranges = new Map<string, Range>();
  for (const { name, addresses } of nodes) {
    for (const address of addresses) {
      const prefix = formatPrefix(hostPrefix(parseAddress(address)));
      ranges.set(prefix, { prefix, kind: "node", source: `Node/${name}.status.addresses` });
    }
  }
  return [...ranges.values()];
}

interface Block {
  readonly prefix: Prefix;
  readonly nodes: readonly string[];
}

/** The nodes' pod ranges, neighbours joined where they exactly fill the wider prefix: never an address more. */
function podRanges(nodes: readonly Node[]): Range[] {
  const blocks = nodes.flatMap(({ name, podPrefixes }) =>
    podPrefixes.map((prefix): Block => ({ prefix: parsePrefix(prefix), nodes: [name] })),
  );
  return aggregate(blocks).map(({ prefix, nodes: named }) => ({
    prefix: formatPrefix(prefix),
    kind: "pod",
    source: podSource(named),
  }));
}

function podSource(nodes: readonly string[]): string {
  const sorted = nodes.toSorted();
  const shown = sorted.slice(0, 2).join(",");
  const more = sorted.length > 2 ? ` and ${sorted.length - 2} more` : "";
  return `Node/${shown}.spec.podCIDRs${more}`;
}

/** One pass in order with a stack: a block joins the one before it as long as both are halves of one parent. */
function aggregate(blocks: readonly Block[]): readonly Block[] {
  const stack: Block[] = [];
  for (const block of blocks.toSorted((a, b) => comparePrefixes(a.prefix, b.prefix))) {
    const before = stack.at(-1);
    if (
      before !== undefined &&
      before.prefix.family === block.prefix.family &&
      covers(before.prefix, block.prefix)
    )
      continue;
    stack.push(block);
    for (
      let joined = join(stack.at(-2), stack.at(-1));
      joined !== undefined;
      joined = join(stack.at(-2), stack.at(-1))
    ) {
      stack.splice(-2, 2, joined);
    }
  }
  return stack;
}

function covers(outer: Prefix, inner: Prefix): boolean {
  return inner.address >= outer.address && inner.address < outer.address + size(outer.family, outer.length);
}

function join(low: Block | undefined, high: Block | undefined): Block | undefined {
  if (low === undefined || high === undefined) return undefined;
  const { family, length, address } = low.prefix;
  if (family !== high.prefix.family || length !== high.prefix.length || length === 0) return undefined;
  const bytes = size(family, length);
  if (address % (bytes * 2n) !== 0n || high.prefix.address !== address + bytes) return undefined;
  return { prefix: { family, address, length: length - 1 }, nodes: [...low.nodes, ...high.nodes] };
}

function size(family: Family, length: number): bigint {
  return 1n << BigInt(addressBits(family) - length);
}
