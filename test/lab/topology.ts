// What a lab consists of, as one value: clusters with their ranges, and machines with their addresses.
// Pure: options in, plan out. It starts nothing.

import {
  addressIn,
  clusterAsn,
  clustersMax,
  controlPlaneAddress,
  indexOfName,
  nodeAddress,
  nodesMax,
  podRange,
  serviceRange,
} from "./addresses.ts";
import type { DualStack } from "./addresses.ts";

/** A node of a cluster. */
export interface NodePlan {
  /** Cluster name and number, `a1`. */
  readonly name: string;
  readonly address: DualStack;
}

/** A cluster: what it is called and which numbers it owns. */
export interface ClusterPlan {
  readonly name: string;
  /** Its place in the address plan. */
  readonly index: number;
  readonly asn: number;
  readonly pods: DualStack;
  readonly services: DualStack;
  /** The `kube-dns` Service's addresses: the tenth of each service range. */
  readonly dns: DualStack;
  /** The machine that runs the control plane, `cp-a`. */
  readonly controlPlane: NodePlan;
  readonly nodes: readonly NodePlan[];
}

/** What a person asks `up` for. */
export interface TopologyRequest {
  readonly clusters: readonly string[];
  /** Nodes of a cluster that `nodesOf` does not name. */
  readonly nodes: number;
  readonly nodesOf: Readonly<Record<string, number>>;
  readonly podRangeOf: Readonly<Record<string, DualStack>>;
  readonly serviceRangeOf: Readonly<Record<string, DualStack>>;
}

/** Machine names that no cluster may take. */
export const plainMachines = ["switch", "hub", "outside"] as const;

/**
 * The plans of the asked clusters, in the asked order. Clusters in `running` keep their plan as it is.
 * Throws when a name is unusable, or when a running cluster is asked for in another size or range.
 */
export function planClusters(
  request: TopologyRequest,
  running: readonly ClusterPlan[],
): readonly ClusterPlan[] {
  const taken = new Set(running.map((cluster) => cluster.index));
  for (const name of Object.keys({
    ...request.nodesOf,
    ...request.podRangeOf,
    ...request.serviceRangeOf,
  })) {
    if (!request.clusters.includes(name)) {
      throw new Error(`Cannot plan cluster "${name}": it has options but is not among --clusters`);
    }
  }
  return request.clusters.map((name) => {
    const old = running.find((cluster) => cluster.name === name);
    const index = old?.index ?? freeIndex(name, taken);
    taken.add(index);
    const plan = planCluster(name, index, request);
    if (old !== undefined && JSON.stringify(old) !== JSON.stringify(plan)) {
      throw new Error(
        `Cannot change cluster "${name}" while it runs: take it away first with "down --clusters ${name}"`,
      );
    }
    return plan;
  });
}

/** Every machine of a cluster: its control plane, then its nodes. */
export function machinesOf(cluster: ClusterPlan): readonly NodePlan[] {
  return [cluster.controlPlane, ...cluster.nodes];
}

function planCluster(name: string, index: number, request: TopologyRequest): ClusterPlan {
  if (!/^[a-z]([a-z-]{0,20}[a-z])?$/.test(name) || plainMachines.some((machine) => machine === name)) {
    throw new Error(
      `Cannot plan cluster "${name}": use 1 to 22 lower-case letters and inner hyphens, not ${plainMachines.join(", ")}`,
    );
  }
  const count = request.nodesOf[name] ?? request.nodes;
  if (!Number.isInteger(count) || count < 1 || count > nodesMax) {
    throw new Error(`Cannot plan cluster "${name}" with ${count} nodes: use 1 to ${nodesMax}`);
  }
  const services = request.serviceRangeOf[name] ?? serviceRange(index);
  return {
    name,
    index,
    asn: clusterAsn(index),
    pods: request.podRangeOf[name] ?? podRange(index),
    services,
    dns: addressIn(services, 10),
    controlPlane: { name: `cp-${name}`, address: controlPlaneAddress(index) },
    nodes: Array.from({ length: count }, (_, at) => ({
      name: `${name}${at + 1}`,
      address: nodeAddress(index, at + 1),
    })),
  };
}

function freeIndex(name: string, taken: ReadonlySet<number>): number {
  const own = indexOfName(name);
  if (own !== undefined) return own;
  for (let index = 26; index < clustersMax; index++) if (!taken.has(index)) return index;
  throw new Error(`Cannot plan cluster "${name}": the address plan has no free index left`);
}
