// The cache's promise: a folder with its final name is whole, whatever happened while it was filled.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

// The cache's place is read once, when its module is loaded.
const cache = await mkdtemp(join(tmpdir(), "sealane-cache-"));
process.env.SEALANE_LAB_CACHE = cache;
const { fill, keyOf } = await import("./fill.ts");

afterAll(() => rm(cache, { recursive: true }));

test("fills once and gives the same folder again", async () => {
  let builds = 0;
  const build = async (directory: string): Promise<void> => {
    builds++;
    await writeFile(join(directory, "x"), "1");
  };
  const entry = { name: "programs/x", key: "1", doing: "building x", build };
  const first = await fill(entry);
  expect(existsSync(join(first, "x"))).toBe(true);
  expect(await fill(entry)).toBe(first);
  expect(builds).toBe(1);
});

test("leaves nothing of a fill that failed, and tries again", async () => {
  const entry = { name: "broken", key: "1", doing: "building" };
  const failing = async (directory: string): Promise<void> => {
    await writeFile(join(directory, "half"), "");
    throw new Error("no more disk");
  };
  await expect(fill({ ...entry, build: failing })).rejects.toThrow("no more disk");
  expect((await readdir(cache)).filter((name) => name.startsWith("broken"))).toEqual([]);
  const directory = await fill({ ...entry, build: () => Promise.resolve() });
  expect(await readdir(directory)).toEqual([]);
});

test("takes away what a builder left that is dead, and not what a living one makes", async () => {
  const dead = join(cache, "shared-1.building-4194305");
  const living = join(cache, `shared-1.building-${process.ppid}`);
  await mkdir(dead);
  await mkdir(living);
  await fill({ name: "shared", key: "1", doing: "building", build: () => Promise.resolve() });
  expect([existsSync(dead), existsSync(living)]).toEqual([false, true]);
});

test("has another key for every other list of texts", () => {
  const keys = [keyOf("a", "b"), keyOf("ab"), keyOf("b", "a"), keyOf("a", "b", ""), keyOf()];
  expect(new Set(keys).size).toBe(keys.length);
});
