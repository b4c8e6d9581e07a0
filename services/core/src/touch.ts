// Collects the published entries that a change may have changed, each once. Knows no world.

import { shardKey, type ShardId } from "./shard.ts";
import type { Touched } from "./world.ts";

/** What a change touched so far. */
export class Touches {
  private readonly found = new Map<string, Touched>();

  /** Adds one entry. */
  add(id: ShardId, key: string): void {
    const shard = shardKey(id);
    this.found.set(`${shard} ${key}`, { shard, key });
  }

  /** All of them, in the order in which they were first touched. */
  all(): readonly Touched[] {
    return [...this.found.values()];
  }
}

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
