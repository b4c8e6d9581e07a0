// The world: everything the hub decides from. One immutable value, owned by the keeper; `reduce` makes the next.

import type { ClusterFact, ExportFact, NodeFact, RangeKind, ReachFact } from "./facts.ts";
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

/** A claim of the address book: this cluster holds this prefix. */
export interface Claim {
  readonly prefix: string;
  readonly cluster: string;
  readonly kind: RangeKind;
}

/** One shard of facts from one cluster. */
export interface FactShard<T> {
  readonly entries: ReadonlyMap<string, T>;
  /** Received to its end at least once. */
  readonly complete: boolean;
}

/** All that one cluster said. */
export interface Origin {
  readonly cluster: FactShard<ClusterFact>;
  readonly nodes: FactShard<NodeFact>;
  readonly namespaces: FactShard<unknown>;
  /** By namespace. */
  readonly exports: ReadonlyMap<string, FactShard<ExportFact>>;
  /** By namespace; entries keyed `service/node`. */
  readonly reach: ReadonlyMap<string, FactShard<ReachFact>>;
  /** The cluster has said everything at least once: a shard that is not here does not exist. */
  readonly synced: boolean;
}

/** Everything the hub decides from. */
export interface World {
  readonly declared: Declared;
  /** Sorted by prefix; changed only by `admit`. */
  readonly book: readonly Claim[];
  readonly origins: ReadonlyMap<string, Origin>;
}

/** A published entry that may have changed. */
export interface Touched {
  readonly shard: ShardKey;
  readonly key: string;
}
