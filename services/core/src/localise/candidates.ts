// Which prefixes of which cluster are worth a route, and which nodes can serve them. Says nothing about
// whether a hop is usable from here.

import { familyOf } from "../address.ts";
import type { ReachFact } from "../facts.ts";
import type { View } from "../view.ts";
import type { NodeIndex } from "./node-index.ts";
import { serviceOf, type Purpose } from "./purpose.ts";

/** A prefix with those who can serve it now. */
export interface Candidate {
  /** Canonical CIDR. */
  readonly prefix: string;
  readonly cluster: string;
  readonly purpose: Purpose;
  /** Names of nodes; empty when none can serve it. */
  readonly nodes: readonly string[];
}

/** Everything that any cluster may be routed to for: pods by node, mesh-dns, the addresses of exported services. */
export function* candidatesOf(view: View, index: NodeIndex): Generator<Candidate, undefined> {
  for (const [cluster, nodes] of index.clusters) {
    for (const [node, fact] of nodes.byName) {
      for (const prefix of fact.podPrefixes) {
        yield { prefix, cluster, purpose: { kind: "pods", node }, nodes: [node] };
      }
    }
  }
  for (const [cluster, stub] of view.stubs()) {
    yield* addressed(view, index, cluster, { kind: "meshDns" }, stub.addresses);
  }
  for (const [namespace, name, service] of view.imports()) {
    for (const { cluster, clusterAddresses } of service.exporters) {
      yield* addressed(view, index, cluster, { kind: "service", namespace, name }, clusterAddresses);
    }
  }
}

/** Names of the cluster's ready nodes with a ready pod of the service. */
function servingNodes(view: View, index: NodeIndex, cluster: string, purpose: Purpose): readonly string[] {
  const service = serviceOf(purpose);
  if (service === undefined) return [];
  const nodes = index.clusters.get(cluster)?.byName;
  const serving: string[] = [];
  for (const [node, reach] of view.reach(cluster, service.namespace, service.name)) {
    if (nodes?.get(node)?.ready === true && hasReadyPod(reach)) serving.push(node);
  }
  return serving;
}

/** Whether any pod is ready. */
export function hasReadyPod(reach: ReachFact): boolean {
  return reach.groups.some((group) => group.pods.some((pod) => pod.ready));
}

/** The prefix that holds an address alone. */
export function hostRoute(address: string): string {
  return `${address}/${familyOf(address) === 4 ? 32 : 128}`;
}

function* addressed(
  view: View,
  index: NodeIndex,
  cluster: string,
  purpose: Purpose,
  addresses: readonly string[],
): Generator<Candidate, undefined> {
  if (addresses.length === 0) return;
  const nodes = servingNodes(view, index, cluster, purpose);
  for (const address of addresses) yield { prefix: hostRoute(address), cluster, purpose, nodes };
}
