// A file that others change is put back at once; one that somebody insists on is put back slowly and reported.

import { expect, onTestFinished, test, vi } from "vitest";
import { FileRepairs } from "./file-repairs.ts";

test("a few edits are put back at once, a fight slowly, and calm ends it", async () => {
  vi.useFakeTimers();
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
    vi.useRealTimers();
  });
  const repaired: string[] = [];
  let calm = 0;
  const repairs = new FileRepairs(
    { repair: (path) => repaired.push(path), onCalm: () => calm++ },
    stop.signal,
  );
  repairs.edited("bird/a1.conf");
  expect(repaired).toEqual(["bird/a1.conf"]);
  for (let tenths = 0; tenths < 600; tenths++) {
    repairs.edited("Corefile");
    await vi.advanceTimersByTimeAsync(100);
  }
  const fought = repaired.filter((path) => path === "Corefile").length;
  expect(fought).toBeGreaterThan(10);
  expect(fought).toBeLessThan(40);
  expect(repairs.findings()).toMatchObject([{ subject: "Corefile", reason: "EditedRepeatedly" }]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([repairs.findings(), calm]).toEqual([[], 1]);
  expect(repaired.at(-1)).toBe("Corefile");
});
