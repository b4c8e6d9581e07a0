// This cluster's facts as shards under one epoch: what the observer says, encoded once, with its position. It refuses to
// take a fact that the hub would not take, and to call a shard whole that lacks one.

import type { ShardId, ShardKey, ShardKind } from "@sealane/core";
import type { Outbox, Values } from "@sealane/wire";
import { ShardTable, encodeValue } from "@sealane/wire";
import { factBytesMax, shardKey } from "@sealane/core";
import { messageOf } from "../kube/error.ts";
import { Untold, serviceOf, untoldText } from "./untold.ts";

/** One observed fact, or its absence. */
export interface FactChange<K extends ShardKind = ShardKind> {
  readonly shard: ShardId & { readonly kind: K };
  readonly key: string;
  /** Undefined when the fact is no more. */
  readonly value: Values[K] | undefined;
  readonly observedUnixUs: bigint;
}

/** Who is told of what the table could not take. */
export interface FactTableHooks {
  /** A fact became one that cannot be told: too large, or with a value that does not travel. */
  readonly onProblem?: (error: Error) => void;
  /** A service's fact became one that cannot be told, or is so no more: its export's owner is told something else. */
  readonly onService?: (namespace: string, service: string) => void;
}

/** Facts of one leader's term. */
export class FactTable {
  readonly shards = new ShardTable();
  /** What is left out: the hub would end the session for it, and one user's object would silence the whole cluster. */
  readonly untold = new Untold();
  readonly #epoch: bigint;
  readonly #hooks: FactTableHooks;
  /** Shards that were declared whole while a fact of theirs was left out. */
  readonly #waiting = new Map<ShardKey, ShardId>();
  #sequence = 0n;
  #outbox: Outbox | undefined;
  #incarnation = "";

  constructor(epoch: bigint, hooks: FactTableHooks = {}) {
    this.#epoch = epoch;
    this.#hooks = hooks;
  }

  /** The cluster's incarnation as its fact says it; empty until that is known. */
  get incarnation(): string {
    return this.#incarnation;
  }

  /** The outbox of the open session, told of every change from now on; undefined when there is none. */
  follow(outbox: Outbox | undefined): void {
    this.#outbox = outbox;
  }

  /** Takes changes over; true when anything is owed for it. */
  apply(changes: readonly FactChange[]): boolean {
    let changed = false;
    for (const change of changes) {
      const { shard, key, value, observedUnixUs } = change;
      if (shard.kind === "cluster" && value !== undefined)
        this.#incarnation = (value as Values["cluster"]).incarnation;
      const bytes = value === undefined ? undefined : sayable(shard, value);
      if (bytes !== undefined && "fault" in bytes) {
        this.#leaveOut(change, bytes.fault);
        continue;
      }
      if (this.untold.delete(shard, key)) this.#tellService(change);
      const position = this.#next();
      const did =
        bytes === undefined
          ? this.shards.remove(shard, key, position)
          : this.shards.put(shard, key, bytes, observedUnixUs, position);
      if (!did) continue;
      this.#outbox?.note(shard, key);
      changed = true;
    }
    return this.#completeWaiting() || changed;
  }

  /** Declares shards whole, those that lack a fact as soon as they do not; true when any was not whole before. */
  complete(ids: readonly ShardId[]): boolean {
    for (const id of ids) this.#waiting.set(shardKey(id), id);
    return this.#completeWaiting();
  }

  #completeWaiting(): boolean {
    let changed = false;
    for (const [key, id] of this.#waiting) {
      if (this.untold.isLacking(id)) continue;
      this.#waiting.delete(key);
      if (!this.shards.complete(id, this.#next())) continue;
      this.#outbox?.noteComplete(id);
      changed = true;
    }
    return changed;
  }

  /** Without a fault it is too large. */
  #leaveOut(change: FactChange, fault: string): void {
    const { shard, key } = change;
    const isTold = this.shards.entry(shard, key) !== undefined;
    const fact = { shard, key, isTold, fault };
    if (!this.untold.add(fact)) return;
    this.#hooks.onProblem?.(new Error(untoldText(fact)));
    this.#tellService(change);
  }

  #tellService(change: FactChange): void {
    const service = serviceOf(change);
    if (service !== undefined) this.#hooks.onService?.(change.shard.namespace, service);
  }

  #next() {
    this.#sequence += 1n;
    return { epoch: this.#epoch, sequence: this.#sequence };
  }
}

/** The value's bytes, or why they cannot be sent, empty when they are too many. Thrown here, one object's would end the whole agent. */
function sayable<K extends ShardKind>(
  shard: ShardId & { readonly kind: K },
  value: Values[K],
): Uint8Array | { readonly fault: string } {
  try {
    const bytes = encodeValue(shard.kind, value);
    return bytes.length > factBytesMax ? { fault: "" } : bytes;
  } catch (error) {
    return { fault: messageOf(error) };
  }
}
