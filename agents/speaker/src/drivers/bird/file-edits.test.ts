// Edits of the include's files: what is told of them, that they are seen as they happen, and that a fight slows down.

import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { FileEdits, watchFiles } from "./file-edits.ts";

const paths = {
  installPath: "/var/lib/sealane/bird/sealane.conf",
  originatePath: "/run/sealane/bird/originate.conf",
};
const placed = { install: "head\n  route 10.0.0.0/24 via 192.0.2.1;\n", originate: "head\n" };

function edits(): FileEdits {
  const made = new FileEdits();
  made.note(placed);
  return made;
}

test.each([
  ["nothing", placed, []],
  [
    "a line",
    { ...placed, install: "head\n  # mine\n" },
    [`${paths.installPath}: line 2 ("# mine") was changed by somebody else, and was put back`],
  ],
  [
    "a file that is gone",
    { ...placed, originate: undefined },
    [`${paths.originatePath}: the file was deleted by somebody else, and was put back`],
  ],
])("%s", (_, found, want) => {
  expect(
    edits()
      .take(paths, found, 0)
      .map(({ message }) => message),
  ).toEqual(want);
});

test("what a process before this one left is no edit", () => {
  expect(new FileEdits().take(paths, placed, 0)).toEqual([]);
});

test("a fight is put back slower, and called one", () => {
  const fought = edits();
  const reasons = Array.from({ length: 15 }, () => {
    const [finding] = fought.take(paths, { ...placed, install: "mine" }, 0);
    fought.note(placed);
    return finding?.reason;
  });
  expect(reasons[0]).toBe("EditedByHand");
  expect(reasons.at(-1)).toBe("EditedRepeatedly");
  expect(fought.repairInMs({ ...placed, install: "mine" }, 0)).toBeGreaterThan(0);
  expect(fought.repairInMs(placed, 0)).toBeUndefined();
  expect(fought.repairInMs({ ...placed, install: "mine" }, 60_000)).toBe(0);
});

test("changes in place, by renaming and by deletion are seen, until the end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sealane-edits-"));
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await rm(folder, { recursive: true });
  });
  const file = join(folder, "sealane.conf");
  await writeFile(file, "one");
  let looks = 0;
  watchFiles([file], stop.signal, async () => {
    looks++;
    return undefined;
  });
  const seen = async (change: () => Promise<void>): Promise<void> => {
    const before = looks;
    await change();
    await vi.waitFor(() => expect(looks).toBeGreaterThan(before), 2_000);
  };
  await seen(() => writeFile(file, "two"));
  await seen(async () => {
    await writeFile(`${file}.new`, "three");
    await rename(`${file}.new`, file);
  });
  await seen(() => rm(file));
});
