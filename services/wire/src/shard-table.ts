// The shards that one side holds, as bytes with digests. It owns sums, positions and completeness; it
// refuses to go back to an older position and to drop what was not proven gone (law 2, law 4).

import type { Position, ShardId, ShardKey, ShardState } from "@sealane/core";
import { addDigest, comparePositions, originPosition, shardKey, subtractDigest } from "@sealane/core";
import type { Section, SectionEntry } from "./codec/shards.ts";
import { entryDigest } from "./digest.ts";
import { WireError } from "./error.ts";

/** One held entry. */
export interface HeldEntry {
  readonly value: Uint8Array;
  readonly digest: bigint;
  /** When its origin observed it, Unix microseconds by the origin's clock. */
  readonly observedUnixUs: bigint;
}

/** What one update did to one shard. */
export interface ShardChange {
  readonly id: ShardId;
  /** Entries whose bytes changed, or that went. */
  readonly entries: readonly SectionEntry[];
  /** True when the shard became complete by this update. */
  readonly completed: boolean;
}

/** The sums of a shard differ. `change` is what was taken of the piece all the same: it is not sent again, so it must be followed. */
export class ShardMismatch extends WireError {
  readonly change: ShardChange;

  constructor(message: string, change: ShardChange) {
    super("mismatch", message);
    this.name = "ShardMismatch";
    this.change = change;
  }
}

interface HeldShard {
  readonly id: ShardId;
  readonly entries: Map<string, HeldEntry>;
  position: Position;
  complete: boolean;
  sum: bigint;
  /** Keys said again since `begin`; undefined outside a whole-shard transfer. */
  said: Set<string> | undefined;
}

/** A table of shards. Owners call `put`, `remove`, `complete`; receivers call `apply`. */
export class ShardTable {
  readonly #shards = new Map<ShardKey, HeldShard>();

  /** Sets an entry. False when the bytes are the same as held. */
  put(id: ShardId, key: string, value: Uint8Array, observedUnixUs: bigint, position: Position): boolean {
    return this.#set(this.#shard(id), key, value, observedUnixUs, position);
  }

  /** Takes an entry out. False when there was none. */
  remove(id: ShardId, key: string, position: Position): boolean {
    const shard = this.#shards.get(shardKey(id));
    return shard !== undefined && this.#unset(shard, key, position);
  }

  /** Declares the shard whole. False when it was already. */
  complete(id: ShardId, position: Position): boolean {
    const shard = this.#shard(id);
    if (shard.complete) return false;
    shard.complete = true;
    shard.position = position;
    return true;
  }

  /** Forgets a shard: only for a member that has left. */
  drop(id: ShardId): void {
    this.#shards.delete(shardKey(id));
  }

  /**
   * Applies a received piece. A piece older than what is held changes nothing. Throws ShardMismatch when the sums
   * differ at the end of a whole shard or after a change to a complete one: then what the piece said is held, what
   * it did not say is kept, and the shard is not complete any more.
   */
  apply(section: Section): ShardChange {
    const shard = this.#shard(section.id);
    const { id, position, begin, end } = section;
    if (comparePositions(position, shard.position) < 0) return { id, entries: [], completed: false };
    if (begin) shard.said = new Set();
    if (end && shard.said === undefined)
      throw new WireError("malformed", `shard ${shardKey(id)} ends without begin`);
    const changed: SectionEntry[] = [];
    for (const entry of section.entries) {
      shard.said?.add(entry.key);
      const { key, value, observedUnixUs } = entry;
      const did =
        value === undefined
          ? this.#unset(shard, key, position)
          : this.#set(shard, key, value, observedUnixUs, position);
      if (did) changed.push(entry);
    }
    shard.position = position;
    const unsaid = end ? unsaidOf(shard) : [];
    const comparable = section.complete && (end || (shard.complete && shard.said === undefined));
    const sum = unsaid.reduce((left, [, { digest }]) => subtractDigest(left, digest), shard.sum);
    if (end) shard.said = undefined;
    if (comparable && section.sum !== sum) {
      shard.complete = false;
      throw new ShardMismatch(`sum of shard ${shardKey(id)} is ${sum}, its origin says ${section.sum}`, {
        id,
        entries: changed,
        completed: false,
      });
    }
    for (const [key, { observedUnixUs }] of unsaid) {
      this.#unset(shard, key, position);
      changed.push({ key, value: undefined, observedUnixUs });
    }
    const completed = end && !shard.complete;
    if (end) shard.complete = true;
    return { id, entries: changed, completed };
  }

  /** What is held of one shard. */
  state(id: ShardId): ShardState | undefined {
    const shard = this.#shards.get(shardKey(id));
    return shard && { id: shard.id, position: shard.position, complete: shard.complete, sum: shard.sum };
  }

  /** What is held of every shard. */
  states(): ShardState[] {
    return [...this.#shards.values()].map(({ id, position, complete, sum }) => ({
      id,
      position,
      complete,
      sum,
    }));
  }

  /** Entries of one shard; empty when there is none. */
  entries(id: ShardId): ReadonlyMap<string, HeldEntry> {
    return this.#shards.get(shardKey(id))?.entries ?? new Map();
  }

  /** One entry. */
  entry(id: ShardId, key: string): HeldEntry | undefined {
    return this.#shards.get(shardKey(id))?.entries.get(key);
  }

  #shard(id: ShardId): HeldShard {
    const key = shardKey(id);
    let shard = this.#shards.get(key);
    if (shard === undefined) {
      shard = { id, entries: new Map(), position: originPosition, complete: false, sum: 0n, said: undefined };
      this.#shards.set(key, shard);
    }
    return shard;
  }

  #set(
    shard: HeldShard,
    key: string,
    value: Uint8Array,
    observedUnixUs: bigint,
    position: Position,
  ): boolean {
    const held = shard.entries.get(key);
    if (held !== undefined && Buffer.compare(held.value, value) === 0) return false;
    const digest = entryDigest(key, value);
    if (held !== undefined) shard.sum = subtractDigest(shard.sum, held.digest);
    shard.sum = addDigest(shard.sum, digest);
    shard.entries.set(key, { value, digest, observedUnixUs });
    shard.position = position;
    return true;
  }

  #unset(shard: HeldShard, key: string, position: Position): boolean {
    const held = shard.entries.get(key);
    if (held === undefined) return false;
    shard.sum = subtractDigest(shard.sum, held.digest);
    shard.entries.delete(key);
    shard.position = position;
    return true;
  }
}

/** What was held before `begin` and was not said again: gone at the end, and not before. */
function unsaidOf({ entries, said }: HeldShard): readonly (readonly [string, HeldEntry])[] {
  return [...entries].filter(([key]) => said?.has(key) === false);
}
