// Objects of one kind that are there and cannot be read. What was last read of them holds; of those that were in the
// first list and never read, nothing is known, and their absence from the store says nothing (law 2).

import type { ObjectKey } from "./store.ts";
import { objectKey } from "./store.ts";

/** An object that could not be read. */
export interface UnreadObject {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Names the object and the field. */
  readonly error: Error;
}

/** One of them, as it stands. */
export interface UnreadableObject extends UnreadObject {
  /** Nothing is known of it: it was there at first, and was never read. */
  readonly unknown: boolean;
}

/** Read access. */
export interface ReadableUnreadables {
  readonly size: number;
  /** Whether nothing is known of any object, or of this one. */
  hasUnknown(key?: ObjectKey): boolean;
  values(): Iterable<UnreadableObject>;
}

/** The unreadable objects of one kind. */
export class UnreadableObjects implements ReadableUnreadables {
  readonly #objects = new Map<ObjectKey, UnreadableObject>();
  #unknown = 0;

  get size(): number {
    return this.#objects.size;
  }

  hasUnknown(key?: ObjectKey): boolean {
    return key === undefined ? this.#unknown > 0 : this.#objects.get(key)?.unknown === true;
  }

  values(): Iterable<UnreadableObject> {
    return this.#objects.values();
  }

  /** One that a watch brought: before it, the object was not there or was known. */
  put(object: UnreadObject): void {
    const key = objectKey(object.namespace, object.name);
    this.#set(key, { ...object, unknown: this.hasUnknown(key) });
  }

  /** It was read, or is gone. True when nothing was known of it. */
  forget(key: ObjectKey): boolean {
    const held = this.#objects.get(key);
    this.#objects.delete(key);
    if (held?.unknown === true) this.#unknown--;
    return held?.unknown === true;
  }

  /** What a complete list found; gives the keys of which nothing was known and that are readable now, or gone. */
  replace(objects: readonly UnreadObject[], list: "first" | "later"): ObjectKey[] {
    const kept = new Set(objects.map(({ namespace, name }) => objectKey(namespace, name)));
    const resolved = [...this.#objects.keys()].filter((key) => !kept.has(key) && this.forget(key));
    for (const object of objects) {
      const key = objectKey(object.namespace, object.name);
      this.#set(key, { ...object, unknown: list === "first" || this.hasUnknown(key) });
    }
    return resolved;
  }

  #set(key: ObjectKey, object: UnreadableObject): void {
    this.forget(key);
    this.#objects.set(key, object);
    if (object.unknown) this.#unknown++;
  }
}
