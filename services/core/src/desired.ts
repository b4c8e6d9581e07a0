// What one cluster (agent) or one node (speaker) should look like: whole values, ready for drivers.

import type { ExportPort, ReachPort } from "./facts.ts";
import type { Reason } from "./reasons.ts";
import type { MergedService, Stub } from "./published.ts";

/** A ServiceImport with its derived Service, in a cluster that has the namespace. */
export interface DesiredImport {
  readonly namespace: string;
  readonly name: string;
  readonly service: MergedService;
  /** Ports of the derived Service. */
  readonly ports: readonly ExportPort[];
}

/** One endpoint of an imported service. */
export interface DesiredEndpoint {
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Empty when none. */
  readonly hostname: string;
  /** Failure domain in the source cluster; empty when unknown. */
  readonly zone: string;
}

/** The endpoints of one service from one cluster that share family and ports; split into EndpointSlices by `plan`. */
export interface DesiredSlices {
  readonly namespace: string;
  readonly name: string;
  readonly cluster: string;
  readonly addressType: "IPv4" | "IPv6";
  /** Sorted by name. */
  readonly ports: readonly ReachPort[];
  /** Sorted by address. */
  readonly endpoints: readonly DesiredEndpoint[];
}

/** Names that mesh-dns answers. */
export interface DesiredNames {
  /** The own cluster's stub entry; absent until the hub has sent it and every other. */
  readonly own: Stub | undefined;
  /** Every other cluster's, sorted by zone. */
  readonly peers: readonly Stub[];
}

/** A route to a remote prefix. */
export interface InstallRoute {
  /** Canonical CIDR. */
  readonly prefix: string;
  /** On-link next hops of the prefix's family, sorted, never empty. */
  readonly nextHops: readonly string[];
  /** Whose prefix it is. */
  readonly cluster: string;
  /** What it serves, for a person: `pods of node a1`, `shop/web`, `mesh-dns`. */
  readonly purpose: string;
}

/** A prefix that this node announces with itself as next hop. */
export interface OriginateRoute {
  readonly prefix: string;
  readonly purpose: string;
}

/** A prefix left out, and why. */
export interface WithheldRoute {
  readonly prefix: string;
  readonly cluster: string;
  readonly purpose: string;
  readonly reason: Reason;
  readonly message: string;
}

/** All routes that Sealane wants on one node: the whole wish, so the empty one removes everything. */
export interface DesiredRoutes {
  /** Sorted by family, then prefix. */
  readonly install: readonly InstallRoute[];
  /** Sorted by family, then prefix. */
  readonly originate: readonly OriginateRoute[];
  /** Sorted by prefix; nothing is done for these. */
  readonly withheld: readonly WithheldRoute[];
}
