// A boot is told from the next one also when kernel and namespace number are the same.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bootIdentity } from "./boot.ts";
import type { BootSources } from "./boot.ts";

let folder: string;
let sources: Required<BootSources>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-boot-"));
  sources = {
    markPath: join(folder, "run/boot"),
    bootIdPath: join(folder, "boot_id"),
    namespacePath: join(folder, "net"),
  };
  await writeFile(sources.bootIdPath, "1f0c\n");
  await writeFile(sources.namespacePath, "");
});
afterEach(async () => rm(folder, { recursive: true }));

test("a restart of the process is the same boot", async () => {
  expect(await bootIdentity(sources)).toBe(await bootIdentity(sources));
});

test.each([
  ["the tmpfs is new", async () => rm(sources.markPath)],
  ["the mark was cut off", async () => writeFile(sources.markPath, "")],
  ["the kernel is new", async () => writeFile(sources.bootIdPath, "2f0c\n")],
  ["the namespace is new", async () => (sources = { ...sources, namespacePath: sources.bootIdPath })],
])("it is another boot when %s", async (_, change) => {
  const before = await bootIdentity(sources);
  await change();
  expect(await bootIdentity(sources)).not.toBe(before);
  expect(await readFile(sources.markPath, "utf8")).not.toBe("");
});
