// Owns the world: the only file that makes the next one current. Takes facts, stores what must stick, then
// publishes what changed, encoded once for every session. Publishes nothing that is not stored yet.

import { completeness, keysOf, lookup, reduce, shardIds } from "@sealane/core";
import type { Fact, ShardId, ShardKey, World } from "@sealane/core";
import { ShardTable, encodeValue } from "@sealane/wire";
import type { Values } from "@sealane/wire";
import { stickyChanges } from "./sticky.ts";
import type { Change, Store } from "./store/store.ts";

/** A write that the store refused is tried again after this long. */
const storeRetryMs = 1_000;

/** Somebody who is told what was published. */
export interface Follower {
  readonly note: (id: ShardId, key: string) => void;
  readonly noteComplete: (id: ShardId) => void;
  /** After everything of one round was noted. */
  readonly wake: () => void;
}

/** What the keeper needs. */
export interface KeeperOptions {
  /** The world as restored. */
  readonly world: World;
  readonly store: Store;
  /** This hub's epoch: later than that of every hub before it. */
  readonly epoch: bigint;
  /** When the origin observed a published entry that passes through; undefined for what the hub merged. */
  readonly observedUnixUs: (id: ShardId, key: string) => bigint | undefined;
  /** After an entry was published; `observedUnixUs` is when the fact behind it was observed. */
  readonly onPublished: (id: ShardId, key: string, observedUnixUs: bigint, world: World) => void;
  readonly onStoreFailure: (error: unknown) => void;
}

interface Pending {
  readonly id: ShardId;
  readonly key: string;
  /** When the fact behind it was observed, Unix microseconds. */
  observedUnixUs: bigint;
}

/** The world and what is published of it. */
export class Keeper {
  /** Every published shard, as bytes with sums and positions. */
  readonly published = new ShardTable();
  readonly #options: KeeperOptions;
  readonly #followers = new Set<Follower>();
  #world: World;
  #publishedWorld: World;
  #sequence = 0n;
  /** Not yet stored, the latest of each record. */
  #unstored = new Map<string, Change>();
  /** Not yet published. */
  #pending = new Map<string, Pending>();
  #completenessChanged = false;
  #settling: Promise<void> | undefined;
  #closed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#world = options.world;
    this.#publishedWorld = options.world;
    this.#publishAll();
  }

  /** The newest world; what is published may be a moment behind it. */
  get world(): World {
    return this.#world;
  }

  /** The world that is published: what peers may be told is absent. */
  get publishedWorld(): World {
    return this.#publishedWorld;
  }

  /** Tells a follower of everything that is published from now on. Call the result to stop. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Takes facts in order. `observedUnixUs` is when the newest of them was observed. */
  take(facts: readonly Fact[], observedUnixUs: bigint): void {
    for (const fact of facts) {
      const before = this.#world;
      const { world, touched, completenessChanged } = reduce(before, fact);
      if (world === before) continue;
      this.#world = world;
      for (const change of stickyChanges(before, world, fact)) {
        this.#unstored.set(`${change.collection} ${change.key}`, change);
      }
      for (const { shard, key } of touched) {
        this.#pending.set(`${shard} ${key}`, { id: shardIdOf(shard), key, observedUnixUs });
      }
      this.#completenessChanged ||= completenessChanged;
    }
    this.#settle();
  }

  /** Resolves when everything taken so far is stored and published. */
  async settled(): Promise<void> {
    await this.#settling;
  }

  /** Finishes what can be finished and publishes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#settling;
    this.#followers.clear();
  }

  /** At once when nothing has to be stored; else after the store, with everything that came meanwhile in the next round. */
  #settle(): void {
    if (this.#settling !== undefined) return;
    if (this.#unstored.size === 0) return this.#publish();
    this.#settling = this.#storeAndPublish().finally(() => {
      this.#settling = undefined;
    });
  }

  async #storeAndPublish(): Promise<void> {
    while (this.#unstored.size > 0 || this.#pending.size > 0) {
      const changes = this.#unstored;
      const round = {
        world: this.#world,
        pending: this.#pending,
        completenessChanged: this.#completenessChanged,
      };
      this.#unstored = new Map();
      this.#pending = new Map();
      this.#completenessChanged = false;
      try {
        if (changes.size > 0) await this.#options.store.write([...changes.values()]);
      } catch (error) {
        this.#takeBack(changes, round);
        this.#options.onStoreFailure(error);
        if (this.#closed) return;
        await new Promise((resolve) => setTimeout(resolve, storeRetryMs));
        continue;
      }
      this.#publishRound(round);
    }
  }

  /** What could not be stored waits under what came meanwhile. */
  #takeBack(changes: ReadonlyMap<string, Change>, round: Round): void {
    this.#unstored = new Map([...changes, ...this.#unstored]);
    this.#pending = new Map([...round.pending, ...this.#pending]);
    this.#completenessChanged ||= round.completenessChanged;
  }

  #publish(): void {
    const round = {
      world: this.#world,
      pending: this.#pending,
      completenessChanged: this.#completenessChanged,
    };
    this.#publishedWorld = round.world;
    if (round.pending.size === 0 && !round.completenessChanged) return;
    this.#pending = new Map();
    this.#completenessChanged = false;
    this.#publishRound(round);
  }

  #publishRound({ world, pending, completenessChanged }: Round): void {
    this.#sequence += 1n;
    this.#publishedWorld = world;
    for (const { id, key, observedUnixUs } of pending.values()) {
      if (!this.#put(world, id, key, observedUnixUs)) continue;
      for (const follower of this.#followers) follower.note(id, key);
      this.#options.onPublished(id, key, observedUnixUs, world);
    }
    if (completenessChanged) this.#publishCompleteness(world);
    for (const follower of this.#followers) follower.wake();
  }

  #publishCompleteness(world: World): void {
    for (const id of shardIds(world)) {
      if (!completeness(world, id) || !this.published.complete(id, this.#position())) continue;
      for (const follower of this.#followers) follower.noteComplete(id);
    }
  }

  /** The full pass, of the world as it was restored. */
  #publishAll(): void {
    this.#sequence += 1n;
    for (const id of shardIds(this.#world)) {
      for (const key of keysOf(this.#world, id)) this.#put(this.#world, id, key, 0n);
    }
    this.#publishCompleteness(this.#world);
  }

  /** Whether the entry's bytes changed. */
  #put(world: World, id: ShardId, key: string, causedUnixUs: bigint): boolean {
    const value = lookup(world, id, key);
    if (value === undefined) return this.published.remove(id, key, this.#position());
    const observedUnixUs = this.#options.observedUnixUs(id, key) ?? causedUnixUs;
    const bytes = encodeValue(id.kind, value as Values[typeof id.kind]);
    return this.published.put(id, key, bytes, observedUnixUs, this.#position());
  }

  #position(): { readonly epoch: bigint; readonly sequence: bigint } {
    return { epoch: this.#options.epoch, sequence: this.#sequence };
  }
}

interface Round {
  readonly world: World;
  readonly pending: ReadonlyMap<string, Pending>;
  readonly completenessChanged: boolean;
}

/** The parts of a shard's key; none of them can hold a bar. */
function shardIdOf(key: ShardKey): ShardId {
  const [kind, origin = "", namespace = ""] = key.split("|");
  return { kind: kind as ShardId["kind"], origin, namespace };
}
