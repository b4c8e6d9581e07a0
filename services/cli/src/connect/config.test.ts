// Whose configuration is taken: a named one, the person's own, or that of a quickstart in the program's checkout.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "./config.ts";

const pem = "-----BEGIN X-----";
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-config-"));
  await mkdir(join(folder, ".config/sealane"), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const own = () => join(folder, ".config/sealane/config.yaml");
const quickstart = () => join(folder, "quickstart.yaml");
const named = () => join(folder, "named.yaml");

const write = (path: string, hub: string) =>
  writeFile(path, JSON.stringify({ hub, ca: pem, certificate: pem, key: pem }));
const hubOf = async (env: Record<string, string> = {}) =>
  (await loadConfig({}, { env, home: folder, quickstart: quickstart() })).hub;

test("without a configuration of one's own, a running quickstart's", async () => {
  await write(quickstart(), "quickstart:7443");
  expect(await hubOf()).toBe("quickstart:7443");
});

test("one's own wins over the quickstart's, and a named one over both", async () => {
  await write(quickstart(), "quickstart:7443");
  await write(own(), "own:7443");
  await write(named(), "named:7443");
  expect(await hubOf()).toBe("own:7443");
  expect(await hubOf({ SEALANE_CONFIG: named() })).toBe("named:7443");
});

test("with none at all, the person's own is what is missing", async () => {
  await expect(hubOf()).rejects.toThrow(own());
});

test("a named one that is not there is not replaced by another", async () => {
  await write(quickstart(), "quickstart:7443");
  await expect(hubOf({ SEALANE_CONFIG: named() })).rejects.toThrow(named());
});
