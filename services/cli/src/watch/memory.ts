// Makes changes of what a hub's stream says: remembers what was shown, so that after a broken connection only what
// changed meanwhile is shown, and what is gone as it last was.

import type { ChangeWord } from "../views/change.ts";

/** What came of one key: the thing as it now is, or undefined when it is gone. */
export interface Told<T> {
  readonly key: string;
  readonly item: T | undefined;
}

/** A change to be shown. */
export interface Remembered<T> {
  readonly change: ChangeWord;
  readonly item: T;
}

/** What was shown so far. */
export interface Memory<T> {
  /** A new stream begins: it says again everything that is so. */
  readonly begin: () => void;
  /** What a message changed. With `current`, everything that is so has come, and what did not come is gone. */
  readonly take: (told: readonly Told<T>[], current: boolean) => readonly Remembered<T>[];
}

/** Remembers things by key. `comparable` is what of an item counts as a change, as plain data. */
export function rememberThings<T>(comparable: (item: T) => unknown): Memory<T> {
  const shown = new Map<string, T>();
  let heard: Set<string> | undefined;
  let word: ChangeWord = "current";
  const same = (a: T, b: T) => JSON.stringify(comparable(a)) === JSON.stringify(comparable(b));
  const takeOne = ({ key, item }: Told<T>): readonly Remembered<T>[] => {
    const before = shown.get(key);
    if (item === undefined) {
      shown.delete(key);
      return before === undefined ? [] : [{ change: "gone", item: before }];
    }
    heard?.add(key);
    shown.set(key, item);
    if (before === undefined) return [{ change: word, item }];
    return same(before, item) ? [] : [{ change: "changed", item }];
  };
  return {
    begin: () => (heard = new Set()),
    take: (told, current) => {
      const changes = told.flatMap(takeOne);
      if (!current) return changes;
      const silent = [...shown.keys()].filter((key) => heard?.has(key) === false);
      heard = undefined;
      word = "added";
      return [...changes, ...silent.flatMap((key) => takeOne({ key, item: undefined }))];
    },
  };
}

/**
 * Shows each event once and keeps none of them: what a new stream repeats is known by its stamp. Keys are
 * `SEQUENCE@MICROSECONDS`, since sequences start again with the hub.
 */
export function rememberEvents<T>(): Memory<T> {
  let newestUs = -1n;
  /** While a new stream repeats: what was shown up to here is not shown again. */
  let shownUs: bigint | undefined;
  let word: ChangeWord = "current";
  const stampUs = (key: string) => BigInt(key.slice(key.indexOf("@") + 1));
  return {
    begin: () => (shownUs = newestUs),
    take: (told, current) => {
      const fresh = told.filter(({ key }) => shownUs === undefined || stampUs(key) > shownUs);
      for (const { key } of fresh) newestUs = stampUs(key);
      const changes = fresh.flatMap(({ item }) => (item === undefined ? [] : [{ change: word, item }]));
      if (current) {
        shownUs = undefined;
        word = "added";
      }
      return changes;
    },
  };
}
