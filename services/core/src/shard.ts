// A shard is the unit that travels and is compared: entries by key, where its origin stood when it said
// so, whether it is whole, and a sum of entry digests. Same content, same sum, on any machine.

/** Kinds that agents send up. */
export type FactKind = "cluster" | "node" | "namespace" | "export" | "reach" | "path";

/** Kinds that the hub sends down. `node` and `reach` pass through under the same name. */
export type DownKind = "member" | "node" | "reach" | "import" | "stub" | "exportStatus";

export type ShardKind = FactKind | DownKind;

/**
 * Every kind, in the order in which they are sent, whole shards too. What is merged goes before the pods that it is made
 * of: whoever has a cluster's pods to their end, and not the service, knows that the cluster does not export it.
 */
export const shardKinds: readonly ShardKind[] = [
  "member",
  "cluster",
  "namespace",
  "node",
  "export",
  "import",
  "reach",
  "path",
  "exportStatus",
  "stub",
];

/** Which shard. */
export interface ShardId {
  readonly kind: ShardKind;
  /** The cluster it came from; empty for what the hub merged from all of them. */
  readonly origin: string;
  /** Empty for kinds without a namespace. */
  readonly namespace: string;
}

/** A ShardId as one map key. */
export type ShardKey = string & { readonly brand: "ShardKey" };

/** The map key of a shard: `kind|origin|namespace` (none of the parts can hold a bar). */
export function shardKey(id: ShardId): ShardKey {
  return `${id.kind}|${id.origin}|${id.namespace}` as ShardKey;
}

/** How far an origin had got. A newer epoch beats any sequence of an older one. */
export interface Position {
  /** Grows with every new speaker for the origin: a new leader, a restarted hub. */
  readonly epoch: bigint;
  /** Grows within the epoch. */
  readonly sequence: bigint;
}

/** The position before anything was said. */
export const originPosition: Position = { epoch: 0n, sequence: 0n };

/** Negative when `a` is older than `b`, 0 when equal, positive when newer. */
export function comparePositions(a: Position, b: Position): number {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1;
  if (a.sequence !== b.sequence) return a.sequence < b.sequence ? -1 : 1;
  return 0;
}

/** What a peer needs to know of a shard to decide whether to send it. */
export interface ShardState {
  readonly id: ShardId;
  readonly position: Position;
  readonly complete: boolean;
  /** Sum of entry digests modulo 2^64. */
  readonly sum: bigint;
}

/** Adds an entry's digest to a sum. Sums are additive, so one change costs one digest. */
export function addDigest(sum: bigint, digest: bigint): bigint {
  return BigInt.asUintN(64, sum + digest);
}

/** Takes an entry's digest out of a sum. */
export function subtractDigest(sum: bigint, digest: bigint): bigint {
  return BigInt.asUintN(64, sum - digest);
}
