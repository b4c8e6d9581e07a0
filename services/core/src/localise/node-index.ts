// The nodes of every cluster by name and by address, read once for each wish. An address is looked up as
// the prefix that holds it alone.

import { familyOf, readAddress, type Family } from "../address.ts";
import type { NodeFact } from "../facts.ts";
import { comparePrefixes, hostPrefix, type Prefix } from "../prefix.ts";
import { firstOverlap } from "../prefix-table.ts";
import type { View } from "../view.ts";

/** The nodes of one cluster. */
export interface ClusterNodes {
  readonly byName: ReadonlyMap<string, NodeFact>;
  /** Name of the node that has the address. */
  readonly byAddress: ReadonlyMap<string, string>;
}

/** The nodes of every member. */
export interface NodeIndex {
  readonly clusters: ReadonlyMap<string, ClusterNodes>;
  /** Every node's addresses, sorted, each once. */
  readonly hosts: readonly Prefix[];
}

/** A fact is never changed, so its parsed addresses stay true. */
const parsed = new WeakMap<NodeFact, readonly Prefix[]>();

/** Reads the nodes of every member of the view. */
export function indexNodes(view: View): NodeIndex {
  const clusters = new Map<string, ClusterNodes>();
  const hosts: Prefix[] = [];
  for (const [cluster] of view.members()) {
    const byName = new Map(view.nodes(cluster));
    const byAddress = new Map<string, string>();
    for (const [name, fact] of byName) {
      for (const address of fact.addresses) byAddress.set(address, name);
      hosts.push(...hostsOf(fact));
    }
    clusters.set(cluster, { byName, byAddress });
  }
  return { clusters, hosts: unique(hosts.toSorted(comparePrefixes)) };
}

/** The node's first address of the family that passes, or undefined. */
export function addressOf(
  node: NodeFact,
  family: Family,
  passes: (address: string) => boolean,
): string | undefined {
  return node.addresses.find((address) => familyOf(address) === family && passes(address));
}

/** The first known node address inside the prefix. */
export function coveredHost(index: NodeIndex, prefix: Prefix): Prefix | undefined {
  const at = firstOverlap(index.hosts, prefix);
  return at < 0 ? undefined : index.hosts[at];
}

function hostsOf(fact: NodeFact): readonly Prefix[] {
  let hosts = parsed.get(fact);
  if (hosts === undefined) {
    hosts = fact.addresses.flatMap((text) => {
      const address = readAddress(text);
      return address === undefined ? [] : [hostPrefix(address)];
    });
    parsed.set(fact, hosts);
  }
  return hosts;
}

function unique(sorted: readonly Prefix[]): readonly Prefix[] {
  return sorted.filter((prefix, at) => at === 0 || comparePrefixes(sorted[at - 1]!, prefix) !== 0);
}
