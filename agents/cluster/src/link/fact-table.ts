// This cluster's facts as shards under one epoch: what the observer says, encoded once, with its position.

import type { ShardId, ShardKind } from "@sealane/core";
import type { Outbox, Values } from "@sealane/wire";
import { ShardTable, encodeValue } from "@sealane/wire";
import { factBytesMax, shardKey } from "@sealane/core";
import { messageOf } from "../kube/error.ts";

/** One observed fact, or its absence. */
export interface FactChange<K extends ShardKind = ShardKind> {
  readonly shard: ShardId & { readonly kind: K };
  readonly key: string;
  /** Undefined when the fact is no more. */
  readonly value: Values[K] | undefined;
  readonly observedUnixUs: bigint;
}

/** Facts of one leader's term. */
export class FactTable {
  readonly shards = new ShardTable();
  readonly #epoch: bigint;
  readonly #onProblem: (error: Error) => void;
  #sequence = 0n;
  #outbox: Outbox | undefined;
  #incarnation = "";

  /** `onProblem` hears of facts that cannot be said: too large, or with a value that does not travel. */
  constructor(epoch: bigint, onProblem: (error: Error) => void = () => undefined) {
    this.#epoch = epoch;
    this.#onProblem = onProblem;
  }

  /** The cluster's incarnation as its fact says it; empty until that is known. */
  get incarnation(): string {
    return this.#incarnation;
  }

  /** The outbox of the open session, told of every change from now on; undefined when there is none. */
  follow(outbox: Outbox | undefined): void {
    this.#outbox = outbox;
  }

  /** Takes changes over; true when any of them changed bytes. */
  apply(changes: readonly FactChange[]): boolean {
    let changed = false;
    for (const { shard, key, value, observedUnixUs } of changes) {
      if (shard.kind === "cluster" && value !== undefined)
        this.#incarnation = (value as Values["cluster"]).incarnation;
      const bytes = value === undefined ? undefined : sayable(shard, key, value);
      if (bytes instanceof Error) {
        this.#onProblem(bytes);
        continue;
      }
      const position = this.#next();
      const did =
        bytes === undefined
          ? this.shards.remove(shard, key, position)
          : this.shards.put(shard, key, bytes, observedUnixUs, position);
      if (!did) continue;
      this.#outbox?.note(shard, key);
      changed = true;
    }
    return changed;
  }

  /** Declares shards whole; true when any was not before. */
  complete(ids: readonly ShardId[]): boolean {
    let changed = false;
    for (const id of ids) {
      if (!this.shards.complete(id, this.#next())) continue;
      this.#outbox?.noteComplete(id);
      changed = true;
    }
    return changed;
  }

  #next() {
    this.#sequence += 1n;
    return { epoch: this.#epoch, sequence: this.#sequence };
  }
}

/** The value's bytes, or why they cannot be sent. Thrown here, one object's would end the whole agent. */
function sayable<K extends ShardKind>(
  shard: ShardId & { readonly kind: K },
  key: string,
  value: Values[K],
): Uint8Array | Error {
  try {
    const bytes = encodeValue(shard.kind, value);
    return bytes.length > factBytesMax ? tooLarge(shard, key, bytes.length) : bytes;
  } catch (cause) {
    return new Error(
      `Cannot tell the hub of "${key}" (${shardKey(shard)}): ${messageOf(cause)}. What was told of it before stands.`,
      { cause },
    );
  }
}

/** The hub would end the session for it, and so one user's object would silence the whole cluster. */
function tooLarge(shard: ShardId, key: string, bytes: number): Error {
  const cure =
    shard.kind === "cluster"
      ? "The cluster's ranges are too many: declare fewer and wider ones with --pod-range and --service-range"
      : "Make it smaller, for example its exported labels and annotations";
  return new Error(
    `Cannot tell the hub of "${key}" (${shardKey(shard)}): it has ${bytes} bytes, at most ${factBytesMax} are taken. ` +
      `What was told of it before stands. ${cure}.`,
  );
}
