// What a site keeps: an epoch that only grows, an identity that stays, and no guess where a file is broken.

import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keepState, openState } from "./state.ts";

async function folder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "sealane-state-"));
  onTestFinished(() => rm(root, { recursive: true }));
  return join(root, "state");
}

test("the epoch grows with every run, also when the clock goes back, and the identity stays", async () => {
  const path = await folder();
  const first = await openState(path, 1_000);
  const second = await openState(path, 500);
  const third = await openState(path, 5_000);
  expect([first.epoch, second.epoch, third.epoch]).toEqual([1_000n, 1_001n, 5_000n]);
  expect(new Set([first, second, third].map(({ incarnation }) => incarnation)).size).toBe(1);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect(await readdir(path)).toEqual(["site.json"]);
});

test("what was first seen when is there again", async () => {
  const path = await folder();
  const state = await openState(path, 1_000);
  await keepState(path, { ...state, firstSeen: new Map([["shop/web", 7]]) });
  expect((await openState(path, 2_000)).firstSeen).toEqual(new Map([["shop/web", 7]]));
});

test("a broken file ends the start and says what deleting it means", async () => {
  const path = await folder();
  await openState(path, 1_000);
  await writeFile(join(path, "site.json"), '{"epoch":"x"');
  await expect(openState(path, 2_000)).rejects.toThrow(
    /Cannot read .*site\.json: .*Restore it, or delete it/,
  );
});
