// The facts that clusters sent, as received, so that a restarted hub knows them at once. Deleting the file loses
// nothing durable: agents send their facts again. Refuses to stop the hub: a broken cache is thrown away.

import { rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { shardKey } from "@sealane/core";
import type { Position, ShardId, ShardKey } from "@sealane/core";
import { marksFromJson, marksToJson, withMark } from "../recall.ts";
import type { Marks } from "../recall.ts";
import { openDatabase } from "./database.ts";

/** An entry of a cached shard. */
export interface CachedEntry {
  readonly key: string;
  /** The bytes as received; undefined: gone. */
  readonly value: Uint8Array | undefined;
  /** When its origin observed it, Unix microseconds by the origin's clock. */
  readonly observedUnixUs: bigint;
}

/** A shard, or the part of it that changed. */
export interface CachedShard {
  readonly id: ShardId;
  readonly position: Position;
  readonly complete: boolean;
  /** Sum of entry digests modulo 2^64. */
  readonly sum: bigint;
  readonly entries: readonly CachedEntry[];
}

/** The deletable cache of facts. */
export interface FactCache {
  /** Every shard, whole. */
  load(): readonly CachedShard[];
  /** Remembers the newest state of a shard and the entries that changed; written together within `delayMs`. */
  save(changed: CachedShard): void;
  /** How far runs of the hub got with what was published from here. */
  marks(): Marks;
  /** Remembers how far this run got; written together with what it was published from. */
  mark(newest: Position): void;
  /** Drops one shard. */
  drop(id: ShardId): void;
  /** Drops every shard of a cluster. */
  forget(cluster: string): void;
  /** Writes what is remembered. */
  flush(): void;
  /** Flushes and closes. */
  close(): void;
}

const schema = `
CREATE TABLE shards (
  shard INTEGER PRIMARY KEY,
  kind TEXT NOT NULL, origin TEXT NOT NULL, namespace TEXT NOT NULL,
  epoch TEXT NOT NULL, sequence TEXT NOT NULL, complete INTEGER NOT NULL, sum TEXT NOT NULL,
  UNIQUE (kind, origin, namespace)
);
CREATE TABLE entries (
  shard INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, observed_unix_us TEXT NOT NULL,
  PRIMARY KEY (shard, key)
) WITHOUT ROWID`;

/** Came after the first version of the file, which any hub may go on with. */
const marksSchema =
  "CREATE TABLE IF NOT EXISTS marks (only INTEGER PRIMARY KEY CHECK (only = 1), text TEXT NOT NULL)";

/** Changes of one shard that are not written yet, the latest value of each key. */
interface Dirty {
  newest: CachedShard;
  readonly entries: Map<string, CachedEntry>;
}

/** Opens the cache; a file that cannot be read is replaced by an empty one, and `onDiscard` hears why. */
export function openFactCache(options: {
  readonly path: string;
  readonly delayMs: number;
  readonly onError: (message: string, error: unknown) => void;
}): FactCache {
  const { path, onError } = options;
  const open = (): FactCache => {
    const database = openDatabase({ path, schemaVersion: 1, schema, synchronous: "OFF" });
    return new SqliteFactCache(database, options.delayMs, onError);
  };
  try {
    return open();
  } catch (error) {
    onError(
      "The cache of facts could not be opened and was started anew; agents send their facts again.",
      error,
    );
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    return open();
  }
}

class SqliteFactCache implements FactCache {
  readonly #database: DatabaseSync;
  readonly #delayMs: number;
  readonly #onError: (message: string, error: unknown) => void;
  readonly #statements;
  readonly #dirty = new Map<ShardKey, Dirty>();
  #marks: Marks;
  #marked = false;
  /** Something of this run was not written, so nothing may be marked as if it were. */
  #failed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(database: DatabaseSync, delayMs: number, onError: (message: string, error: unknown) => void) {
    this.#database = database;
    this.#delayMs = delayMs;
    this.#onError = onError;
    database.exec(marksSchema);
    this.#statements = {
      marks: database.prepare("SELECT text FROM marks"),
      putMarks: database.prepare("INSERT OR REPLACE INTO marks VALUES (1, ?)"),
      shards: database.prepare("SELECT * FROM shards"),
      entries: database.prepare("SELECT key, value, observed_unix_us FROM entries WHERE shard = ?"),
      putShard: database.prepare(
        `INSERT INTO shards (kind, origin, namespace, epoch, sequence, complete, sum) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (kind, origin, namespace) DO UPDATE
         SET epoch = excluded.epoch, sequence = excluded.sequence, complete = excluded.complete, sum = excluded.sum
         RETURNING shard`,
      ),
      putEntry: database.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)"),
      removeEntries: database.prepare(
        "DELETE FROM entries WHERE shard IN (SELECT shard FROM shards WHERE origin = ?)",
      ),
      dropEntries: database.prepare(
        `DELETE FROM entries
         WHERE shard = (SELECT shard FROM shards WHERE kind = ? AND origin = ? AND namespace = ?)`,
      ),
      dropShard: database.prepare("DELETE FROM shards WHERE kind = ? AND origin = ? AND namespace = ?"),
      removeShards: database.prepare("DELETE FROM shards WHERE origin = ?"),
      removeEntry: database.prepare("DELETE FROM entries WHERE shard = ? AND key = ?"),
    };
    const text = this.#statements.marks.get()?.["text"];
    this.#marks = text === undefined ? [] : marksFromJson(JSON.parse(String(text)) as [string, string][]);
  }

  load(): readonly CachedShard[] {
    return this.#statements.shards.all().map((row) => ({
      id: {
        kind: String(row["kind"]) as ShardId["kind"],
        origin: String(row["origin"]),
        namespace: String(row["namespace"]),
      },
      position: { epoch: BigInt(String(row["epoch"])), sequence: BigInt(String(row["sequence"])) },
      complete: Number(row["complete"]) === 1,
      sum: BigInt(String(row["sum"])),
      entries: this.#statements.entries.all(Number(row["shard"])).map((entry) => ({
        key: String(entry["key"]),
        value: entry["value"] as Uint8Array,
        observedUnixUs: BigInt(String(entry["observed_unix_us"])),
      })),
    }));
  }

  save(changed: CachedShard): void {
    const key = shardKey(changed.id);
    const dirty = this.#dirty.get(key) ?? { newest: changed, entries: new Map<string, CachedEntry>() };
    this.#dirty.set(key, dirty);
    dirty.newest = changed;
    for (const entry of changed.entries) dirty.entries.set(entry.key, entry);
    this.#flushLater();
  }

  marks(): Marks {
    return this.#marks;
  }

  mark(newest: Position): void {
    if (this.#failed) return;
    this.#marks = withMark(this.#marks, newest);
    this.#marked = true;
    this.#flushLater();
  }

  drop(id: ShardId): void {
    this.#dirty.delete(shardKey(id));
    const names = [id.kind, id.origin, id.namespace] as const;
    try {
      this.#statements.dropEntries.run(...names);
      this.#statements.dropShard.run(...names);
    } catch (error) {
      this.#onError("A shard that is over could not be dropped from the cache; it is empty.", error);
    }
  }

  forget(cluster: string): void {
    for (const [key, { newest }] of this.#dirty) if (newest.id.origin === cluster) this.#dirty.delete(key);
    try {
      this.#statements.removeEntries.run(cluster);
      this.#statements.removeShards.run(cluster);
    } catch (error) {
      this.#onError(
        "Facts of a cluster that left could not be dropped from the cache; nobody reads them.",
        error,
      );
    }
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dirty.size === 0 && !this.#marked) return;
    const written = [...this.#dirty.values()];
    this.#dirty.clear();
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const dirty of written) this.#write(dirty);
      this.#statements.putMarks.run(JSON.stringify(marksToJson(this.#marks)));
      this.#database.exec("COMMIT");
      this.#marked = false;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      this.#failed = true;
      this.#onError(
        "Facts could not be written to the cache; after a restart agents send them again.",
        error,
      );
    }
  }

  close(): void {
    this.flush();
    this.#database.close();
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(() => this.flush(), this.#delayMs);
  }

  #write({ newest, entries }: Dirty): void {
    const { id, position, complete, sum } = newest;
    const row = this.#statements.putShard.get(
      id.kind,
      id.origin,
      id.namespace,
      String(position.epoch),
      String(position.sequence),
      complete ? 1 : 0,
      String(sum),
    );
    const shard = Number(row?.["shard"]);
    for (const { key, value, observedUnixUs } of entries.values()) {
      if (value === undefined) this.#statements.removeEntry.run(shard, key);
      else this.#statements.putEntry.run(shard, key, value, String(observedUnixUs));
    }
  }
}
