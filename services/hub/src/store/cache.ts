// The facts that clusters sent, as received, so that a restarted hub knows them at once. Deleting the file loses
// nothing durable: agents send their facts again. Refuses to stop the hub: a broken cache is thrown away.

import { rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { shardKey } from "@sealane/core";
import type { Position, ShardId, ShardKey } from "@sealane/core";
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
  const open = (): DatabaseSync => openDatabase({ path, schemaVersion: 1, schema, synchronous: "OFF" });
  let database: DatabaseSync;
  try {
    database = open();
  } catch (error) {
    onError(
      "The cache of facts could not be opened and was started anew; agents send their facts again.",
      error,
    );
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    database = open();
  }
  return new SqliteFactCache(database, options.delayMs, onError);
}

class SqliteFactCache implements FactCache {
  readonly #database: DatabaseSync;
  readonly #delayMs: number;
  readonly #onError: (message: string, error: unknown) => void;
  readonly #statements;
  readonly #dirty = new Map<ShardKey, Dirty>();
  #timer: NodeJS.Timeout | undefined;

  constructor(database: DatabaseSync, delayMs: number, onError: (message: string, error: unknown) => void) {
    this.#database = database;
    this.#delayMs = delayMs;
    this.#onError = onError;
    this.#statements = {
      shards: database.prepare("SELECT * FROM shards"),
      entries: database.prepare("SELECT key, value, observed_unix_us FROM entries WHERE shard = ?"),
      putShard: database.prepare(
        `INSERT INTO shards (kind, origin, namespace, epoch, sequence, complete, sum) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (kind, origin, namespace) DO UPDATE
         SET epoch = excluded.epoch, sequence = excluded.sequence, complete = excluded.complete, sum = excluded.sum
         RETURNING shard`,
      ),
      putEntry: database.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)"),
      removeEntry: database.prepare("DELETE FROM entries WHERE shard = ? AND key = ?"),
    };
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
    this.#timer ??= setTimeout(() => this.flush(), this.#delayMs);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dirty.size === 0) return;
    const written = [...this.#dirty.values()];
    this.#dirty.clear();
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const dirty of written) this.#write(dirty);
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
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
