// What the hub publishes: the values that travel down, the same bytes for every importer.

import type { ExportedEndpoints, ExportPort, RangeKind } from "./facts.ts";
import type { Reason } from "./reasons.ts";
import type { ServiceType } from "./service.ts";

/** A range of a member with the address book's verdict. */
export interface RangeVerdict {
  readonly prefix: string;
  readonly kind: RangeKind;
  readonly source: string;
  readonly admitted: boolean;
  /** Set when not admitted. */
  readonly reason?: Reason;
  /** Who holds the range that this one meets; empty when nobody. */
  readonly owner: string;
  /** The owner's range; empty when nobody's. */
  readonly ownerPrefix: string;
  /** The addresses that both would hold, as a prefix; empty when none. */
  readonly overlap: string;
  /** A range of the same size that nobody holds; empty when the pools have none. */
  readonly free: string;
}

/**
 * How far a cluster's leaving, by a person's word, has got. `withdrawing`: the others let go of it. `dismissed`: they
 * have, and it takes away what it has of the mesh.
 */
export type Departure = "withdrawing" | "dismissed";

/** A cluster of the set (shard `member`, key = cluster name). */
export interface Member {
  readonly incarnation: string;
  /** Sorted by prefix. */
  readonly ranges: readonly RangeVerdict[];
  /** Autonomous system number; 0 when the cluster's document gives none. */
  readonly asn: number;
  /** Absent: the cluster stays. */
  readonly departure?: Departure;
}

/** One cluster's part in a merged service. */
export interface Exporter {
  readonly cluster: string;
  /** The Service's own addresses that lie in admitted ranges; empty when headless. */
  readonly clusterAddresses: readonly string[];
  /** Names of the merged ports that this cluster really exposes, sorted. */
  readonly ports: readonly string[];
  /** What other clusters import; `pods` when the merged service is headless. */
  readonly endpoints: ExportedEndpoints;
}

/** Every export of one name, fused (shard `import`, namespace, key = service name). */
export interface MergedService {
  readonly type: ServiceType;
  /** The cluster whose export is the oldest and decides. */
  readonly owner: string;
  /** Union of all ports; the oldest export wins where they collide. Sorted by name, protocol, port. */
  readonly ports: readonly ExportPort[];
  readonly ipFamilies: readonly string[];
  readonly sessionAffinity: string;
  readonly sessionAffinityTimeoutSeconds: number;
  readonly internalTrafficPolicy: string;
  readonly trafficDistribution: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Sorted by cluster name. */
  readonly exporters: readonly Exporter[];
}

/** A peer's DNS (shard `stub`, key = cluster name). */
export interface Stub {
  /** The cluster's own zone: `<cluster>.<mesh zone>`. */
  readonly zone: string;
  /** The zone above all clusters' zones. */
  readonly meshZone: string;
  /** Addresses of mesh-dns that lie in admitted ranges, IPv4 first; empty while unknown. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/** What the hub decided about one export (shard `exportStatus` of its cluster and namespace, key = service name). */
export interface ExportStatus {
  /** False: refused, with `reason` and `message`. */
  readonly accepted: boolean;
  /** Reason of the refusal; absent when accepted. */
  readonly reason?: Reason;
  /** Conflicts with other clusters' exports, sorted; empty when none. */
  readonly conflicts: readonly Reason[];
  /** For a person: which field, which value is used, whose it is. */
  readonly message: string;
}
