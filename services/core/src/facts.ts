// What clusters say of themselves: the values that travel up, after they were parsed at the door.
// They hold canonical text for addresses and prefixes (address.ts, prefix.ts) and are never mutated.

import type { Protocol, ServiceType } from "./service.ts";

/** Where traffic of a range belongs. */
export type RangeKind = "pod" | "service" | "node" | "loadBalancer" | "reserved";

/** A prefix that a cluster says it uses. */
export interface Range {
  /** Canonical CIDR text, host bits zero. */
  readonly prefix: string;
  readonly kind: RangeKind;
  /** Where the agent learnt it, for people: `Node/a1.spec.podCIDRs`, `ServiceCIDR/kubernetes`, `--service-range`. */
  readonly source: string;
}

/** The cluster itself (shard kind `cluster`, key `""`). */
export interface ClusterFact {
  /** Changes when a cluster of the same name is built anew: the UID of its `kube-system` namespace. */
  readonly incarnation: string;
  /** Sorted by prefix. */
  readonly ranges: readonly Range[];
  /** Addresses of the cluster's mesh-dns Service, canonical, IPv4 first; empty while there is none. */
  readonly dnsAddresses: readonly string[];
  /** Port at which mesh-dns answers peers (its own zone only). */
  readonly dnsPort: number;
  /** Addresses of the cluster's own DNS Service, as its API server has them. */
  readonly clusterDnsAddresses: readonly string[];
  /** Version of the agent. */
  readonly version: string;
}

/** A node (shard kind `node`, key = node name). */
export interface NodeFact {
  /** Underlay addresses (InternalIP), canonical, IPv4 first: the next hops. */
  readonly addresses: readonly string[];
  /** Canonical CIDRs. */
  readonly podPrefixes: readonly string[];
  /** The Node's Ready condition. */
  readonly ready: boolean;
  /** The failure domain (`topology.kubernetes.io/zone`), or empty. */
  readonly zone: string;
}

/** A namespace exists (shard kind `namespace`, key = namespace name). */
export type NamespaceFact = Readonly<Record<string, never>>;

/** A port of a Service as its export offers it. */
export interface ExportPort {
  /** Empty when the Service's only port has no name. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly appProtocol: string;
}

/**
 * What other clusters import of an export: the pods behind its Service, or the Service's own addresses (`vip`), whose
 * next hops hand a packet to any ready pod.
 */
export type ExportedEndpoints = "pods" | "vip";

/** One valid ServiceExport with its Service (shard kind `export`, namespace = its own, key = name). */
export interface ExportFact {
  readonly uid: string;
  /** `metadata.creationTimestamp` of the ServiceExport, Unix seconds: seniority in conflicts (KEP-1645). */
  readonly createdAt: number;
  readonly type: ServiceType;
  /** The Service's own addresses, canonical, in the Service's order; empty when headless. */
  readonly clusterAddresses: readonly string[];
  /** `IPv4` and `IPv6` in the Service's order. */
  readonly ipFamilies: readonly string[];
  /** In the Service's order. */
  readonly ports: readonly ExportPort[];
  /** `None` or `ClientIP`. */
  readonly sessionAffinity: string;
  /** Seconds; 0 when there is no affinity. */
  readonly sessionAffinityTimeoutSeconds: number;
  /** `Cluster` or `Local`. */
  readonly internalTrafficPolicy: string;
  /** Empty when not set. */
  readonly trafficDistribution: string;
  /** `spec.exportedLabels`. */
  readonly labels: Readonly<Record<string, string>>;
  /** `spec.exportedAnnotations`. */
  readonly annotations: Readonly<Record<string, string>>;
  /** `pods` when headless. */
  readonly endpoints: ExportedEndpoints;
}

/** A port at which the pods of a group listen. */
export interface ReachPort {
  readonly name: string;
  readonly protocol: Protocol;
  /** The pod's port, not the Service's. */
  readonly port: number;
  readonly appProtocol: string;
}

/** One pod behind a service. */
export interface ReachPod {
  /** Canonical, IPv4 first. */
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The endpoint's hostname, or empty. */
  readonly hostname: string;
  /** Name of the pod, or empty. */
  readonly pod: string;
}

/** Pods that share their ports. */
export interface ReachGroup {
  readonly ports: readonly ReachPort[];
  /** Sorted by their first address. */
  readonly pods: readonly ReachPod[];
}

/** The pods of one service on one node (shard kind `reach`, key = `service/node`). */
export interface ReachFact {
  readonly zone: string;
  readonly groups: readonly ReachGroup[];
}
