// What one peer has yet to be sent, as names only: the newest value is read when a frame is made, so a slow
// peer costs one set of keys and never a queue. Live changes pass whole shards.

import type { Position, ShardId, ShardKey, ShardState } from "@sealane/core";
import { frameBytesMax, originPosition, shardKey, shardKinds } from "@sealane/core";
import type { Section, SectionEntry } from "./codec/shards.ts";
import type { ShardTable } from "./shard-table.ts";

interface Pending {
  readonly id: ShardId;
  /** Keys that changed; during a whole-shard transfer, those that changed since it began. */
  readonly keys: Set<string>;
  /** Keys of a whole shard still to be sent; undefined for plain changes. */
  readonly whole: Iterator<string> | undefined;
  /** Where the peer stood; used for a shard that the table does not have. */
  readonly position: Position;
  /** Set with the first piece: whether this is a transfer with begin and end. */
  transfer: boolean | undefined;
}

const entryOverheadBytes = 24;
/** Position, sum and flags of a section; its names come on top. */
const sectionOverheadBytes = 64;

/** The sections still owed to one peer. */
export class Outbox {
  readonly #table: ShardTable;
  readonly #wants: (id: ShardId) => boolean;
  readonly #withholds: () => boolean;
  readonly #pending = new Map<ShardKey, Pending>();
  /** Shards that the peer holds to the end, or is being sent to the end. */
  readonly #whole = new Set<ShardKey>();
  #resumed = false;
  /** Whole shards that are pending. */
  #wholesOwed = 0;

  /**
   * `wants` says which of the table's shards this peer may and needs to know, `withholds` whether some of them are not
   * told yet that others are understood by.
   */
  constructor(table: ShardTable, wants: (id: ShardId) => boolean, withholds: () => boolean = () => false) {
    this.#table = table;
    this.#wants = wants;
    this.#withholds = withholds;
  }

  /**
   * Starts from what the peer holds: equal sums send nothing. `authoritative` says whether a shard that the
   * table lacks is known not to exist; only then is the peer told that it is empty.
   */
  resume(held: readonly ShardState[], authoritative: (id: ShardId) => boolean): void {
    this.#resumed = true;
    const peer = new Map(held.map((state) => [shardKey(state.id), state]));
    for (const own of this.#table.states()) {
      if (!this.#wants(own.id)) continue;
      const theirs = peer.get(shardKey(own.id));
      const equal = theirs !== undefined && theirs.sum === own.sum && (theirs.complete || !own.complete);
      if (!equal) this.#queueWhole(own.id, theirs?.position ?? originPosition);
      else if (own.complete) this.#whole.add(shardKey(own.id));
    }
    for (const theirs of held) {
      if (this.#table.state(theirs.id) !== undefined || theirs.sum === 0n) continue;
      if (this.#wants(theirs.id) && authoritative(theirs.id)) this.#queueWhole(theirs.id, theirs.position);
    }
  }

  /** An entry of the table changed or went. */
  note(id: ShardId, key: string): void {
    if (!this.#wants(id)) return;
    const pending = this.#pending.get(shardKey(id));
    if (pending !== undefined) pending.keys.add(key);
    else {
      const plain = { id, keys: new Set([key]), whole: undefined, position: originPosition, transfer: false };
      this.#pending.set(shardKey(id), plain);
    }
  }

  /** A shard of the table became complete. */
  noteComplete(id: ShardId): void {
    if (this.#wants(id) && !this.#whole.has(shardKey(id))) this.#queueWhole(id, originPosition);
  }

  /** Whether nothing is owed. */
  get idle(): boolean {
    return this.#pending.size === 0;
  }

  /** Whether all that the peer lacked when it came is sent, and no whole shard is owed: the rest is news. */
  get caughtUp(): boolean {
    return this.#resumed && this.#wholesOwed === 0 && !this.#withholds();
  }

  /** The next frame's sections, at most about `frameBytesMax`; undefined when nothing is owed. */
  next(): Section[] | undefined {
    if (this.#pending.size === 0) return undefined;
    const sections: Section[] = [];
    let room = frameBytesMax;
    for (const pending of this.#ordered()) {
      const section = this.#section(pending, room);
      sections.push(section);
      room -= sectionOverheadBytes + section.id.origin.length + section.id.namespace.length;
      for (const { key, value } of section.entries) room -= entryBytes(key, value);
      if (room <= 0) break;
    }
    return sections;
  }

  #queueWhole(id: ShardId, position: Position): void {
    const whole = [...this.#table.entries(id).keys()].values();
    if (this.#pending.get(shardKey(id))?.whole === undefined) this.#wholesOwed++;
    this.#pending.set(shardKey(id), { id, keys: new Set(), whole, position, transfer: undefined });
  }

  /** Changes before whole shards; within each, in the order of kinds. */
  #ordered(): Pending[] {
    const rank = ({ id, whole }: Pending) =>
      (whole === undefined ? 0 : shardKinds.length) + shardKinds.indexOf(id.kind);
    return [...this.#pending.values()].toSorted((a, b) => rank(a) - rank(b));
  }

  #section(pending: Pending, room: number): Section {
    const { id } = pending;
    const state = this.#table.state(id);
    const complete = state?.complete ?? true;
    // An incomplete shard travels as plain changes: it may add, and never says that something is gone.
    const begin = pending.transfer === undefined && complete;
    const transfer = pending.transfer ?? complete;
    pending.transfer = transfer;
    if (transfer) this.#whole.add(shardKey(id));
    const { entries, done } = this.#take(pending, room);
    if (done) {
      this.#pending.delete(shardKey(id));
      if (pending.whole !== undefined) this.#wholesOwed--;
    }
    return {
      id,
      position: state?.position ?? pending.position,
      begin,
      end: transfer && done,
      // Before the last piece of plain changes the peer holds less than the sum says: it must not compare.
      complete: complete && (transfer || done),
      sum: state?.sum ?? 0n,
      entries,
    };
  }

  /** Takes entries while there is room: first of the whole shard, then what changed meanwhile. */
  #take({ id, whole, keys }: Pending, room: number): { entries: SectionEntry[]; done: boolean } {
    const entries: SectionEntry[] = [];
    let left = room;
    const add = (key: string) => {
      const held = this.#table.entry(id, key);
      entries.push({ key, value: held?.value, observedUnixUs: held?.observedUnixUs ?? 0n });
      left -= entryBytes(key, held?.value);
    };
    let step = whole !== undefined && left > 0 ? whole.next() : undefined;
    while (step !== undefined && step.done !== true) {
      if (this.#table.entry(id, step.value) !== undefined) add(step.value);
      if (left <= 0) return { entries, done: false };
      step = whole?.next();
    }
    for (const key of keys) {
      if (left <= 0) return { entries, done: false };
      keys.delete(key);
      add(key);
    }
    return { entries, done: true };
  }
}

function entryBytes(key: string, value: Uint8Array | undefined): number {
  return key.length + (value?.length ?? 0) + entryOverheadBytes;
}
