// What the store's writer writes, for itself and for who checks it.

import type { Change } from "../store/store.ts";

/** Names of the writers. */
export const writers = ["one", "two"] as const;

/** Records of one write: together many pages of the file, so that a kill finds some written and some not. */
const recordsMax = 32;
const padding = "x".repeat(2_000);

/** The records of one write: all hold its number. */
export function recordsOf(writer: string, number: number): readonly [Change, ...Change[]] {
  const value = `${number} ${padding}`;
  const rest = Array.from({ length: recordsMax }, (_, at): Change => ({
    collection: "exports",
    key: `${writer}/${at}`,
    value,
  }));
  return [{ collection: "book", key: writer, value }, ...rest];
}

/** The number of the write that a record is from; 0 when there is none. */
export function numberOf(value: string | undefined): number {
  return Number(value?.split(" ")[0] ?? 0);
}
