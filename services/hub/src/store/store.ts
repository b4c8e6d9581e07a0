// The port to what must survive: records by collection and key, each with the revision that wrote it.
// Owns the contract only. Knows nothing of what the records mean (records.ts does) and keeps no facts (cache.ts does).

/** Every collection of durable records. */
export const collections = [
  "meta",
  "book",
  "members",
  "facts",
  "exports",
  "tokens",
  "authority",
  "revocations",
  "documents",
  "departures",
] as const;

/** One of the collections. */
export type Collection = (typeof collections)[number];

/** A record as it was last written. */
export interface StoredRecord {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  /** The revision of the write that made it; grows over the whole store. */
  readonly revision: number;
}

/** One change of a write. */
export interface Change {
  readonly collection: Collection;
  readonly key: string;
  /** The new value as JSON text; undefined removes the record. */
  readonly value: string | undefined;
  /** The revision that the record must have: 0 means that it must not exist. Absent means any. */
  readonly expected?: number;
}

/** Durable records. Every method may reject when the store cannot be read or written. */
export interface Store {
  /** The record, or undefined when there is none. */
  get(collection: Collection, key: string): Promise<StoredRecord | undefined>;
  /** Every record of a collection, sorted by key. */
  list(collection: Collection): Promise<readonly StoredRecord[]>;
  /**
   * Writes all changes or none. Resolves to the revision of the write once it would survive a loss of power.
   * Rejects with `RevisionConflict` when a record does not have the expected revision.
   */
  write(changes: readonly Change[]): Promise<number>;
  /** Finishes the writes that were accepted, then refuses new ones. */
  close(): Promise<void>;
}

/** A record was changed by somebody else since it was read. Read it again, decide again, write again. */
export class RevisionConflict extends Error {
  readonly change: Change;
  readonly actual: number;

  constructor(change: Change, actual: number) {
    super(
      `Cannot write ${change.collection}/${JSON.stringify(change.key)}: expected revision ${change.expected}, ` +
        `but it is at ${actual}. Read it again and decide anew.`,
    );
    this.name = "RevisionConflict";
    this.change = change;
    this.actual = actual;
  }
}
