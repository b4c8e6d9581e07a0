// The store of a hub that runs alone: one SQLite file, one transaction for all writes of a tick.
// Refuses to share its file: a second process is turned away at the door.

import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "./database.ts";
import { RevisionConflict } from "./store.ts";
import type { Change, Collection, Store, StoredRecord } from "./store.ts";

const schema = `
CREATE TABLE records (
  collection TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (collection, key)
) WITHOUT ROWID;
CREATE TABLE revision (only INTEGER PRIMARY KEY CHECK (only = 1), value INTEGER NOT NULL);
INSERT INTO revision VALUES (1, 0)`;

interface PendingWrite {
  readonly changes: readonly Change[];
  readonly resolve: (revision: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Opens or creates the store at a path. Throws when it is in use, or newer than this program. */
export function openEmbeddedStore(path: string): Store {
  return new EmbeddedStore(openDatabase({ path, schemaVersion: 1, schema, synchronous: "FULL" }));
}

class EmbeddedStore implements Store {
  readonly #database: DatabaseSync;
  readonly #statements;
  #pending: PendingWrite[] = [];
  #open = true;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = {
      get: database.prepare("SELECT key, value, revision FROM records WHERE collection = ? AND key = ?"),
      list: database.prepare("SELECT key, value, revision FROM records WHERE collection = ? ORDER BY key"),
      put: database.prepare("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)"),
      remove: database.prepare("DELETE FROM records WHERE collection = ? AND key = ?"),
      revision: database.prepare("SELECT value FROM revision"),
      advance: database.prepare("UPDATE revision SET value = ?"),
    };
  }

  async get(collection: Collection, key: string): Promise<StoredRecord | undefined> {
    const row = this.#statements.get.get(collection, key);
    return row && recordOf(row);
  }

  async list(collection: Collection): Promise<readonly StoredRecord[]> {
    return this.#statements.list.all(collection).map(recordOf);
  }

  write(changes: readonly Change[]): Promise<number> {
    if (!this.#open) return Promise.reject(new Error("Cannot use the store: it was closed."));
    return new Promise((resolve, reject) => {
      this.#pending.push({ changes, resolve, reject });
      if (this.#pending.length === 1) setImmediate(() => this.#commit());
    });
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#commit();
    this.#database.close();
  }

  /** One transaction for everything that was asked for since the last one. */
  #commit(): void {
    const writes = this.#pending;
    if (writes.length === 0) return;
    this.#pending = [];
    const settle: (() => void)[] = [];
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      let revision = Number(this.#statements.revision.get()?.["value"]);
      for (const write of writes) {
        const conflict = this.#conflictOf(write.changes);
        if (conflict) {
          settle.push(() => write.reject(conflict));
          continue;
        }
        revision += 1;
        const written = revision;
        for (const change of write.changes) this.#apply(change, written);
        settle.push(() => write.resolve(written));
      }
      this.#statements.advance.run(revision);
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      for (const write of writes) write.reject(error);
      return;
    }
    for (const done of settle) done();
  }

  #conflictOf(changes: readonly Change[]): RevisionConflict | undefined {
    for (const change of changes) {
      if (change.expected === undefined) continue;
      const actual = Number(this.#statements.get.get(change.collection, change.key)?.["revision"] ?? 0);
      if (actual !== change.expected) return new RevisionConflict(change, actual);
    }
    return undefined;
  }

  #apply({ collection, key, value }: Change, revision: number): void {
    if (value === undefined) this.#statements.remove.run(collection, key);
    else this.#statements.put.run(collection, key, value, revision);
  }
}

function recordOf(row: Record<string, unknown>): StoredRecord {
  return { key: String(row["key"]), value: String(row["value"]), revision: Number(row["revision"]) };
}
