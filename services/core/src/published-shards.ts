// The ids of the shards that travel down, one function for each kind. Says nothing about which of them exist.

import type { ShardId } from "./shard.ts";

/** The member shard. */
export const memberShard: ShardId = { kind: "member", origin: "", namespace: "" };

/** The stub shard. */
export const stubShard: ShardId = { kind: "stub", origin: "", namespace: "" };

/** A cluster's nodes. */
export function nodeShard(cluster: string): ShardId {
  return { kind: "node", origin: cluster, namespace: "" };
}

/** The pods of a cluster's namespace. */
export function reachShard(cluster: string, namespace: string): ShardId {
  return { kind: "reach", origin: cluster, namespace };
}

/** The merged services of a namespace. */
export function importShard(namespace: string): ShardId {
  return { kind: "import", origin: "", namespace };
}

/** Decisions about a cluster's exports in a namespace. */
export function exportStatusShard(cluster: string, namespace: string): ShardId {
  return { kind: "exportStatus", origin: cluster, namespace };
}
