// One round of the keeper: what must be stored, then what may have changed for those who follow. Gathers the
// latest of everything by key, so a slow store makes rounds wider and never longer.

import { shardKey } from "@sealane/core";
import type { ShardId, ShardKey, Touched } from "@sealane/core";
import type { Change } from "./store/store.ts";

/** A published entry that may have changed. */
export interface TouchedEntry {
  readonly id: ShardId;
  readonly key: string;
  /** When the fact behind it was observed, Unix microseconds by this hub's clock; 0 when unknown. */
  readonly observedUnixUs: bigint;
}

/** What waits to be stored and published together. */
export class Round {
  readonly #changes = new Map<string, Change>();
  readonly #touched = new Map<string, TouchedEntry>();
  readonly #completed = new Map<ShardKey, ShardId>();

  get isEmpty(): boolean {
    return this.#changes.size === 0 && this.#touched.size === 0 && this.#completed.size === 0;
  }

  /** What must be stored first. */
  get changes(): readonly Change[] {
    return [...this.#changes.values()];
  }

  get touched(): Iterable<TouchedEntry> {
    return this.#touched.values();
  }

  /** Shards that may have become whole. */
  get completed(): Iterable<ShardId> {
    return this.#completed.values();
  }

  addChanges(changes: Iterable<Change>): void {
    for (const change of changes) this.#changes.set(`${change.collection} ${change.key}`, change);
  }

  addTouched(touched: readonly Touched[], observedUnixUs: bigint): void {
    for (const { shard, key } of touched)
      this.#touched.set(`${shard} ${key}`, { id: shardIdOf(shard), key, observedUnixUs });
  }

  addCompleted(ids: Iterable<ShardId>): void {
    for (const id of ids) this.#completed.set(shardKey(id), id);
  }

  /** Adds everything of a later round; where both have the same, the later stays. */
  addRound(later: Round): void {
    for (const [key, change] of later.#changes) this.#changes.set(key, change);
    for (const [key, entry] of later.#touched) this.#touched.set(key, entry);
    this.addCompleted(later.completed);
  }
}

/** The parts of a shard's key; none of them can hold a bar. */
function shardIdOf(key: ShardKey): ShardId {
  const [kind, origin = "", namespace = ""] = key.split("|");
  return { kind: kind as ShardId["kind"], origin, namespace };
}
