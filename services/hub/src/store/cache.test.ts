// The cache gives back what was received, and never stands in the hub's way.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { CachedShard } from "./cache.ts";
import { openFactCache } from "./cache.ts";

let folder = "";
let errors: string[] = [];
const open = () =>
  openFactCache({
    path: join(folder, "facts.db"),
    delayMs: 60_000,
    onError: (message) => errors.push(message),
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sealane-cache-"));
  errors = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const shard = (entries: CachedShard["entries"], sum: bigint, sequence: bigint): CachedShard => ({
  id: { kind: "reach", origin: "a", namespace: "shop" },
  position: { epoch: 1_700_000_000_000_000n, sequence },
  complete: true,
  sum,
  entries,
});

it("gives back whole shards with 64-bit values intact", () => {
  const cache = open();
  const entries = [{ key: "web/a1", value: bytes(0, 255, 7), observedUnixUs: 1_732_180_000_123_456n }];
  cache.save(shard(entries, 2n ** 64n - 1n, 9_007_199_254_740_993n));
  cache.close();
  const again = open();
  const [loaded] = again.load();
  expect(loaded).toMatchObject({ sum: 2n ** 64n - 1n, complete: true });
  expect(loaded?.position).toEqual({ epoch: 1_700_000_000_000_000n, sequence: 9_007_199_254_740_993n });
  expect(loaded?.entries.map((e) => [e.key, [...(e.value ?? [])], e.observedUnixUs])).toEqual([
    ["web/a1", [0, 255, 7], 1_732_180_000_123_456n],
  ]);
  again.close();
});

it("keeps the latest value of each key and drops what is gone", () => {
  const cache = open();
  cache.save(shard([{ key: "x", value: bytes(1), observedUnixUs: 1n }], 1n, 1n));
  cache.save(shard([{ key: "y", value: bytes(2), observedUnixUs: 2n }], 2n, 2n));
  cache.flush();
  cache.save(shard([{ key: "x", value: undefined, observedUnixUs: 3n }], 3n, 3n));
  cache.save(shard([{ key: "y", value: bytes(3), observedUnixUs: 4n }], 4n, 4n));
  cache.close();
  const again = open();
  const [loaded] = again.load();
  expect(loaded?.position.sequence).toBe(4n);
  expect(loaded?.entries.map((e) => [e.key, [...(e.value ?? [])]])).toEqual([["y", [3]]]);
  again.close();
});

it("throws a broken file away, says so, and works", () => {
  writeFileSync(join(folder, "facts.db"), "this is no database".repeat(1000));
  const cache = open();
  expect(errors).toHaveLength(1);
  expect(cache.load()).toEqual([]);
  cache.save(shard([], 0n, 1n));
  cache.close();
});

it("remembers how far each run of the hub got, with the facts and not before", () => {
  const at = (epoch: bigint, sequence: bigint) => ({ epoch, sequence });
  const first = open();
  expect(first.marks()).toEqual([]);
  first.mark(at(1n, 1n));
  first.mark(at(1n, 9_007_199_254_740_993n));
  first.close();
  const second = open();
  expect(second.marks()).toEqual([at(1n, 9_007_199_254_740_993n)]);
  second.mark(at(2n, 1n));
  second.close();
  const third = open();
  expect(third.marks()).toEqual([at(1n, 9_007_199_254_740_993n), at(2n, 1n)]);
  third.close();
});

it("drops one shard with its entries", () => {
  const cache = open();
  const entry = { key: "web/a1", value: bytes(1), observedUnixUs: 1n };
  const other = { ...shard([entry], 1n, 1n), id: { kind: "reach", origin: "a", namespace: "blog" } as const };
  cache.save(shard([entry], 1n, 1n));
  cache.save(other);
  cache.flush();
  cache.drop(other.id);
  expect(cache.load().map(({ id }) => id.namespace)).toEqual(["shop"]);
  cache.save(other);
  expect(cache.load()).toHaveLength(1);
  cache.flush();
  expect(cache.load().find(({ id }) => id.namespace === "blog")?.entries).toHaveLength(1);
  cache.close();
});
