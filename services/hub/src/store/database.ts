// Opens SQLite files the way the hub wants them: owned by one process, readable by its user alone, and of a
// schema version that this program knows. Owns no tables.

import { chmodSync, closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** How a file is to be opened. */
export interface DatabaseOptions {
  readonly path: string;
  /** The schema version that this program writes. */
  readonly schemaVersion: number;
  /** SQL that makes the tables of a new file. */
  readonly schema: string;
  /** FULL survives a loss of power; OFF may lose or break the file then. */
  readonly synchronous: "FULL" | "OFF";
}

/**
 * Opens or creates a database and holds it exclusively until it is closed or the process dies.
 * Throws when another process holds it, or when a newer program wrote it.
 */
export function openDatabase(options: DatabaseOptions): DatabaseSync {
  const { path, schemaVersion } = options;
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE;");
    takeLock(database, path);
    database.exec(`PRAGMA synchronous = ${options.synchronous};`);
    const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
    if (found > schemaVersion) {
      throw new Error(
        `Cannot open ${JSON.stringify(path)}: it has schema version ${found}, and this hub knows versions up to ` +
          `${schemaVersion}. Run the newer sealane-hub that wrote it.`,
      );
    }
    if (found === 0)
      database.exec(`BEGIN; ${options.schema}; PRAGMA user_version = ${schemaVersion}; COMMIT;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** In exclusive mode the first write takes the file's lock and keeps it (https://sqlite.org/pragma.html#pragma_locking_mode). */
function takeLock(database: DatabaseSync, path: string): void {
  try {
    database.exec("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT;");
  } catch (error) {
    if (!/locked|busy/i.test(String(error))) throw error;
    throw new Error(
      `Cannot open ${JSON.stringify(path)}: another sealane-hub process uses this data directory. ` +
        `Stop that process, or give this one its own --data.`,
      { cause: error },
    );
  }
}
