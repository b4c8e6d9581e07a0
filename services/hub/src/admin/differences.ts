// What changed between two readings of keyed things. Remembers of the last one only what tells whether a thing is
// another one, so that a reader who waits costs the same whatever happens meanwhile.

import { hash } from "node:crypto";

/** One keyed thing. */
export interface Keyed<T> {
  readonly key: string;
  /** What it is made of, compared one by one by identity: parts of the immutable world, or a digest. */
  readonly marks: readonly unknown[];
  /** What is sent of it; made only when it is. */
  readonly value: () => T;
}

/** A thing as it now is; without a value it is gone. */
export interface Difference<T> {
  readonly key: string;
  readonly value?: () => T;
}

/** Compares each reading with the one before it; the first with nothing. */
export class Differences<T> {
  #marks: ReadonlyMap<string, readonly unknown[]> = new Map();

  /** What changed, in the order of the reading; then what is gone. */
  since(reading: Iterable<Keyed<T>>): readonly Difference<T>[] {
    const before = this.#marks;
    const now = new Map<string, readonly unknown[]>();
    const changed: Difference<T>[] = [];
    for (const { key, marks, value } of reading) {
      now.set(key, marks);
      if (!same(before.get(key), marks)) changed.push({ key, value });
    }
    for (const key of before.keys()) if (!now.has(key)) changed.push({ key });
    this.#marks = now;
    return changed;
  }
}

/** Tells plain data apart: numbers, texts, lists, records, bigints. */
export function digestOf(data: unknown): string {
  return hash("sha1", JSON.stringify(data, plain), "base64");
}

function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function same(a: readonly unknown[] | undefined, b: readonly unknown[]): boolean {
  return a !== undefined && a.length === b.length && a.every((mark, index) => mark === b[index]);
}
