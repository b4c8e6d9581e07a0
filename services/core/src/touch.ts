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
