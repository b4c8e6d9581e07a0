// What changed between two readings of keyed things. Remembers of the last one only a hash of each value, so that a
// reader who waits costs the same whatever happens meanwhile.

import { hash } from "node:crypto";

/** One keyed thing: what is sent of it, and what of it counts as a change. */
export interface Keyed<T> {
  readonly key: string;
  readonly value: T;
  /** Plain data; numbers, texts, lists, records, bigints. */
  readonly compared: unknown;
}

/** A thing as it now is; without a value it is gone. */
export interface Difference<T> {
  readonly key: string;
  readonly value?: T;
}

/** Compares each reading with the one before it; the first with nothing. */
export class Differences<T> {
  #hashes: ReadonlyMap<string, string> = new Map();

  /** What changed, in the order of the reading; then what is gone. */
  since(reading: readonly Keyed<T>[]): readonly Difference<T>[] {
    const before = this.#hashes;
    const now = new Map<string, string>();
    const changed: Difference<T>[] = [];
    for (const { key, value, compared } of reading) {
      const digest = hash("sha1", JSON.stringify(compared, plain), "base64");
      now.set(key, digest);
      if (before.get(key) !== digest) changed.push({ key, value });
    }
    for (const key of before.keys()) if (!now.has(key)) changed.push({ key });
    this.#hashes = now;
    return changed;
  }
}

function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
