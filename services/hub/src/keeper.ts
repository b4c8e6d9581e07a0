// Owns the world: the only file that makes the next one current. Takes facts, stores what must stick, then
// publishes what changed, encoded once for every session. Publishes nothing that is not stored yet.

import { completeness, keysOf, lookup, reduce, shardIds } from "@sealane/core";
import type { Fact, Position, ShardId, World } from "@sealane/core";
import { ShardTable, encodeValue } from "@sealane/wire";
import type { Values } from "@sealane/wire";
import { mayBeCompleted } from "./completed.ts";
import { withMark } from "./recall.ts";
import type { Marks } from "./recall.ts";
import { publishedChange } from "./records.ts";
import { Round } from "./round.ts";
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
  /** How far earlier runs of the hub got, as the store knows it. */
  readonly marks: Marks;
  /** When the origin observed an entry that passes through, by its own clock; undefined for what the hub merged. */
  readonly observedUnixUs: (id: ShardId, key: string) => bigint | undefined;
  /** After an entry was published; `observedUnixUs` is when the fact behind it was observed, by this hub's clock. */
  readonly onPublished: (id: ShardId, key: string, observedUnixUs: bigint, world: World) => void;
  /** Everything up to this position was published. */
  readonly onRound: (newest: Position) => void;
  /** The store took a write, or refused it: then nothing more is published until it takes one. */
  readonly onStored: (error: Error | undefined) => void;
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
  #next = new Round();
  #storing: Promise<void> | undefined;
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

  /** Takes facts in order. `observedUnixUs` is when the newest of them was observed, by this hub's clock; 0 when unknown. */
  take(facts: readonly Fact[], observedUnixUs: bigint): void {
    for (const fact of facts) {
      const before = this.#world;
      const { world, touched, completenessChanged } = reduce(before, fact);
      if (world === before) continue;
      this.#world = world;
      this.#next.addChanges(stickyChanges(before, world, fact));
      this.#next.addTouched(touched, observedUnixUs);
      if (completenessChanged) this.#next.addCompleted(mayBeCompleted(before, world, fact));
    }
    this.#settle();
  }

  /** Resolves when everything that was taken is published. */
  async settled(): Promise<void> {
    await this.#storing;
  }

  /** Finishes what can be finished, then publishes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#storing;
    this.#followers.clear();
  }

  /** At once when nothing has to be stored; else after the store, with what came meanwhile in the next round. */
  #settle(): void {
    if (this.#storing !== undefined) return;
    if (this.#mustBeStored(this.#next, this.#world)) this.#storing = this.#storeRounds();
    else this.#publish(this.#takeRound());
  }

  /** What sticks, and with it how far what is merged of all clusters has got: see recall.ts. */
  #mustBeStored(round: Round, world: World): boolean {
    if (round.changes.length > 0) return true;
    for (const { id } of round.touched) if (isMerged(id)) return true;
    for (const id of round.completed) {
      if (isMerged(id) && this.published.state(id)?.complete !== true && completeness(world, id)) return true;
    }
    return false;
  }

  #takeRound(): { readonly round: Round; readonly world: World } {
    const round = this.#next;
    this.#next = new Round();
    return { round, world: this.#world };
  }

  async #storeRounds(): Promise<void> {
    while (!this.#next.isEmpty) {
      const taken = this.#takeRound();
      if (await this.#stored(taken)) {
        this.#publish(taken);
        continue;
      }
      taken.round.addRound(this.#next);
      this.#next = taken.round;
      if (this.#closed) break;
      await new Promise((resolve) => setTimeout(resolve, storeRetryMs));
    }
    this.#storing = undefined;
  }

  async #stored({ round, world }: { readonly round: Round; readonly world: World }): Promise<boolean> {
    if (!this.#mustBeStored(round, world)) return true;
    const { epoch, marks, store } = this.#options;
    const mark: Change = publishedChange(withMark(marks, { epoch, sequence: this.#sequence + 1n }));
    try {
      await store.write([...round.changes, mark]);
      this.#options.onStored(undefined);
      return true;
    } catch (error) {
      this.#options.onStored(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  #publish({ round, world }: { readonly round: Round; readonly world: World }): void {
    this.#publishedWorld = world;
    if (round.isEmpty) return;
    this.#sequence += 1n;
    for (const { id, key, observedUnixUs } of round.touched) {
      // A shard that begins to exist may be whole at once.
      if (this.published.state(id)?.complete !== true) round.addCompleted([id]);
      if (!this.#put(world, id, key, observedUnixUs)) continue;
      for (const follower of this.#followers) follower.note(id, key);
      this.#options.onPublished(id, key, observedUnixUs, world);
    }
    this.#publishCompleted(world, round.completed);
    this.#options.onRound(this.#position());
    for (const follower of this.#followers) follower.wake();
  }

  #publishCompleted(world: World, ids: Iterable<ShardId>): void {
    for (const id of ids) {
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
    this.#publishCompleted(this.#world, shardIds(this.#world));
    this.#options.onRound(this.#position());
  }

  /** Whether the entry's bytes changed. */
  #put(world: World, id: ShardId, key: string, causedUnixUs: bigint): boolean {
    const value = lookup(world, id, key);
    if (value === undefined) return this.published.remove(id, key, this.#position());
    const observedUnixUs = this.#options.observedUnixUs(id, key) ?? causedUnixUs;
    const bytes = encodeValue(id.kind, value as Values[typeof id.kind]);
    return this.published.put(id, key, bytes, observedUnixUs, this.#position());
  }

  #position(): Position {
    return { epoch: this.#options.epoch, sequence: this.#sequence };
  }
}

function isMerged({ origin }: ShardId): boolean {
  return origin === "";
}
