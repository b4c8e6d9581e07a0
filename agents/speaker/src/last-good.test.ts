// What is kept comes back; what is broken is unknown; another boot's announcements do not count.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { announced, toward, wish } from "./drivers/contract.ts";
import { readLastGood, startingWish, writeLastGood } from "./last-good.ts";

const desired = wish([toward("10.200.0.1/32", "10.10.0.11")], [announced("10.210.0.1/32")]);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-last-good-"));
});
afterEach(async () => rm(folder, { recursive: true }));

test("what was written is found", async () => {
  const path = join(folder, "state/speaker.json");
  expect(await readLastGood(path)).toEqual({ state: "none" });
  await writeLastGood(path, { boot: "b/1:2", desired });
  expect(await readLastGood(path)).toEqual({ state: "found", value: { boot: "b/1:2", desired } });
});

for (const [name, text] of [
  ["cut off", '{"version": 1, "boot": "b"'],
  ["of another version", '{"version": 2}'],
  [
    "with a prefix that is none",
    '{"version":1,"boot":"b","install":[],"originate":[{"prefix":"x","purpose":""}]}',
  ],
  [
    "with hops that are none",
    '{"version":1,"boot":"b","originate":[],"install":[{"prefix":"10.0.0.0/8","purpose":"","cluster":"b","nextHops":["x"]}]}',
  ],
] as const) {
  test(`a file ${name} is broken, not empty`, async () => {
    const path = join(folder, "speaker.json");
    await writeFile(path, text);
    expect(await readLastGood(path)).toMatchObject({ state: "broken" });
  });
}

test("announcements count for the boot that wrote them", () => {
  expect(startingWish({ boot: "b/1:2", desired }, "b/1:2")).toEqual(desired);
  expect(startingWish({ boot: "b/1:2", desired }, "b/1:3")).toEqual({ ...desired, originate: [] });
});
