// Deletions that count only once it is known that their kind stays: until then the store holds what went. Many at once
// are one question. Refused ones are forgotten; the next complete list says what is so.

import type { ObjectKey, Store, Stored } from "./store.ts";

/** What to ask, and whom to tell. */
export interface DoubtedDeletionsOptions<T extends Stored> {
  readonly store: Store<T>;
  /** Whether the kind stays. */
  readonly isStaying: () => Promise<boolean>;
  /** These went, and when that was observed (Unix microseconds). */
  readonly onRemoved: (keys: readonly ObjectKey[], observedUnixUs: bigint) => void;
  /** The kind goes, or nobody could say; then with the error. */
  readonly onRefused: (error: unknown) => void;
}

interface Deletion {
  readonly key: ObjectKey;
  readonly version: string;
  readonly observedUnixUs: bigint;
}

/** Deletions of one kind. */
export class DoubtedDeletions<T extends Stored> {
  readonly #options: DoubtedDeletionsOptions<T>;
  #waiting: Deletion[] = [];
  #isAsking = false;

  constructor(options: DoubtedDeletionsOptions<T>) {
    this.#options = options;
  }

  /** The store for a reader of events: what it removes waits. */
  storeAt(now: () => bigint): Store<T> {
    const { store } = this.#options;
    return {
      get size() {
        return store.size;
      },
      get: (key) => store.get(key),
      values: () => store.values(),
      put: (value) => store.put(value),
      replace: (values, version, history) => store.replace(values, version, history),
      remove: (key, version) => {
        this.#waiting.push({ key, version, observedUnixUs: now() });
        if (!this.#isAsking) void this.#ask();
        return undefined;
      },
    };
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#waiting.length > 0) {
      const asked = this.#waiting;
      this.#waiting = [];
      const verdict = await this.#options.isStaying().catch((error: unknown) => ({ error }));
      if (verdict === true) this.#apply(asked);
      else {
        this.#waiting = [];
        this.#options.onRefused(verdict === false ? undefined : verdict.error);
      }
    }
    this.#isAsking = false;
  }

  #apply(deletions: readonly Deletion[]): void {
    const { store, onRemoved } = this.#options;
    // What was made again since is newer than its deletion, and stays.
    const removed = deletions.filter(({ key, version }) => store.remove(key, version) !== undefined);
    const [first] = removed;
    if (first !== undefined)
      onRemoved(
        removed.map(({ key }) => key),
        first.observedUnixUs,
      );
  }
}
