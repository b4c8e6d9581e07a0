// The store after `kill -9` at any moment of a commit: what was acknowledged is there, and nothing is half there.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { numberOf, recordsOf, writers } from "../testing/store-records.ts";
import { openEmbeddedStore } from "./embedded.ts";

const program = fileURLToPath(new URL("../testing/store-writer.ts", import.meta.url));
const kills = 12;

/** Lets a program write until it is killed, and gives the last number that each of its writers acknowledged. */
async function writeUntilKilled(path: string): Promise<ReadonlyMap<string, number>> {
  const child = spawn(process.execPath, [program, path], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const acknowledged = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [writer = "", number] = line.split(" ");
    acknowledged.set(writer, Number(number));
  }
  const [code, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  expect([code, signal]).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

it(`loses nothing and tears nothing over ${kills} kills`, { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sealane-killed-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "hub.db");
  let written = 0;
  for (let kill = 0; kill < kills; kill++) {
    const acknowledged = await writeUntilKilled(path);
    const store = openEmbeddedStore(path);
    for (const writer of writers) {
      const found = await Promise.all(
        recordsOf(writer, 0).map(async ({ collection, key }) => store.get(collection, key)),
      );
      const numbers = new Set(found.map((record) => numberOf(record?.value)));
      const revisions = new Set(found.map((record) => record?.revision));
      expect([numbers.size, revisions.size], `kill ${kill}, writer ${writer}`).toEqual([1, 1]);
      const [number = 0] = numbers;
      // A write that was done may die before it is acknowledged; one, since each writer waits for its last.
      const last = acknowledged.get(writer) ?? 0;
      expect(number - last, `kill ${kill}, writer ${writer}`).toBeLessThanOrEqual(last === 0 ? number : 1);
      expect(number).toBeGreaterThanOrEqual(last);
      written = Math.max(written, number);
    }
    const next = await store.write([{ collection: "meta", key: "after", value: String(kill) }]);
    expect(next).toBeGreaterThan(written);
    await store.close();
  }
  expect(written).toBeGreaterThan(kills);
});
