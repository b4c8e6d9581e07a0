// Runs the contract against every driver, and what only the embedded one promises.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { storeContract } from "./contract.ts";
import { openEmbeddedStore } from "./embedded.ts";
import { memoryDisk, openMemoryStore } from "./memory.ts";

storeContract("memory", () => {
  const disk = memoryDisk();
  return { open: () => openMemoryStore(disk), dispose: () => {} };
});

storeContract("embedded", () => {
  const folder = mkdtempSync(join(tmpdir(), "sealane-store-"));
  return {
    open: () => openEmbeddedStore(join(folder, "hub.db")),
    dispose: () => rmSync(folder, { recursive: true }),
  };
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sealane-store-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("is readable by its user alone", async () => {
  const path = join(folder, "hub.db");
  const store = openEmbeddedStore(path);
  await store.write([{ collection: "meta", key: "k", value: "1" }]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  await store.close();
});

it("turns a second user of the file away and says what to do", async () => {
  const path = join(folder, "hub.db");
  const store = openEmbeddedStore(path);
  expect(() => openEmbeddedStore(path)).toThrow(
    /another sealane-hub process uses this data directory.*--data/s,
  );
  await store.close();
  await openEmbeddedStore(path).close();
});

it("refuses a file of a newer schema and names both versions", async () => {
  const path = join(folder, "hub.db");
  await openEmbeddedStore(path).close();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 9");
  database.close();
  expect(() => openEmbeddedStore(path)).toThrow(/schema version 9, and this hub knows versions up to 1/);
});
