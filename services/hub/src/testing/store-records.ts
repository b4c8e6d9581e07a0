// What the store's writer writes, for itself and for who checks it.

import type { Change } from "../store/store.ts";

/** Names of the writers. */
export const writers = ["one", "two"] as const;

/** The records of one write: all hold its number. */
export function recordsOf(writer: string, number: number): readonly [Change, ...Change[]] {
  const value = String(number);
  const rest = Array.from({ length: 4 }, (_, at): Change => ({
    collection: "exports",
    key: `${writer}/${at}`,
    value,
  }));
  return [{ collection: "book", key: writer, value }, ...rest];
}
