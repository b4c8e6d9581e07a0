// The world: everything the hub decides from. One immutable value, owned by the keeper; `reduce` makes the next.

import type { ClusterFact, ExportFact, NamespaceFact, NodeFact, RangeKind, ReachFact } from "./facts.ts";
import type { PersistentMap } from "./persistent-map.ts";
import type { PrefixTable } from "./prefix-table.ts";
import type { Departure, ExportStatus, MergedService, RangeVerdict } from "./published.ts";
import type { ShardKey } from "./shard.ts";

/** What a `Cluster` document declares. */
export interface ClusterDocument {
  readonly name: string;
  /** Prefixes inside which the cluster may claim ranges; undefined allows any. */
  readonly claims: readonly string[] | undefined;
  /** Namespaces that it may export from; undefined allows all. */
  readonly exportNamespaces: readonly string[] | undefined;
  /** Autonomous system number; 0 when not given. */
  readonly asn: number;
}

/** A prefix from which free ranges are offered. */
export interface Pool {
  readonly kind: RangeKind;
  readonly prefix: string;
}

/** What the documents of the watched directory declare. */
export interface Declared {
  /** The zone above all clusters' zones, for example `mesh.example`. */
  readonly meshZone: string;
  readonly pools: readonly Pool[];
  /** Prefixes that no cluster may hold: VPNs, other environments, the underlay. */
  readonly reserved: readonly string[];
  readonly clusters: ReadonlyMap<string, ClusterDocument>;
}

/** A claim of the address book: this cluster holds this prefix, or let it go and others may use it still. */
export interface Claim {
  readonly prefix: string;
  readonly cluster: string;
  readonly kind: RangeKind;
  /** Set when the cluster let the prefix go: it may take it back, and nobody else gets it before the release is over. */
  readonly release?: Release;
}

/** Who has not let go of a freed prefix yet. */
export interface Release {
  /** Later releases have greater numbers, for as long as any is under way. */
  readonly number: number;
  /** Sorted, never empty: the release of a prefix that nobody is waited for is over. */
  readonly awaited: readonly string[];
}

/** One shard of facts from one cluster. */
export interface FactShard<T> {
  readonly entries: PersistentMap<T>;
  /** Received to its end at least once. */
  readonly complete: boolean;
  /** Keys that come from the store and that the cluster has not repeated yet; gone at the shard's end. */
  readonly unconfirmed: ReadonlySet<string>;
}

/** The pods of one namespace's services. */
export interface ReachShard {
  /** By service, then by node. */
  readonly services: PersistentMap<PersistentMap<ReachFact>>;
  /** Received to its end at least once. */
  readonly complete: boolean;
}

/** All that one cluster said. */
export interface Origin {
  /** One entry with an empty key. */
  readonly cluster: FactShard<ClusterFact>;
  readonly nodes: FactShard<NodeFact>;
  readonly namespaces: FactShard<NamespaceFact>;
  /** By namespace. */
  readonly exports: PersistentMap<FactShard<ExportFact>>;
  /** By namespace. */
  readonly reach: PersistentMap<ReachShard>;
  /** The cluster has said everything at least once: a shard that is not here does not exist. */
  readonly synced: boolean;
  /** What it exports and which ranges it uses is known from the store. */
  readonly restored: boolean;
}

/** What the address book decided about one cluster. */
export interface Admission {
  /** One for each range that the cluster reports, and for each part that it keeps of a refused one; sorted by prefix. */
  readonly verdicts: readonly RangeVerdict[];
  /** The admitted ones by kind. */
  readonly held: PrefixTable<RangeKind>;
}

/** Every export of one name, fused. */
export interface FusedService {
  /** Undefined when every export was refused. */
  readonly service: MergedService | undefined;
  /** One for each cluster that exports the name, refused ones too; sorted by cluster. */
  readonly statuses: ReadonlyMap<string, ExportStatus>;
}

/** Everything the hub decides from. What `reduce` derives stands beside what it derives it from. */
export interface World {
  readonly declared: Declared;
  /** Sorted by prefix, disjoint; changed only by `admit`. */
  readonly book: readonly Claim[];
  readonly origins: PersistentMap<Origin>;
  /** Clusters that are known, but whose word is missing (neither synced nor restored, or without ranges). */
  readonly pending: ReadonlySet<string>;
  /** Clusters that are leaving by an operator's word: nothing of them is published but that. They hold their ranges still. */
  readonly leaving: ReadonlyMap<string, Departure>;
  /** Clusters that an operator made leave, and that did not come back. */
  readonly left: ReadonlySet<string>;
  /** Derived: by cluster. */
  readonly admissions: PersistentMap<Admission>;
  /** Derived: by namespace, then by name. */
  readonly services: PersistentMap<PersistentMap<FusedService>>;
}

/** A published entry that may have changed. */
export interface Touched {
  readonly shard: ShardKey;
  readonly key: string;
}
