// A pace is free for a few times, then slow, then free again.

import { expect, test } from "vitest";
import { Pace } from "./pace.ts";

const limits = { burst: 3, refillMs: 10_000 };

test("a few edits are put back at once, the next ones wait, and calm makes it free again", () => {
  const pace = new Pace(limits);
  const waits = [0, 1, 2, 3, 4, 5].map((second) => {
    pace.note("shop/web", second * 1_000);
    return pace.waitMs("shop/web", second * 1_000);
  });
  expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
  expect(waits.slice(3).every((ms) => ms > 0 && ms <= limits.refillMs)).toBe(true);
  expect(pace.waitMs("shop/web", 16_000)).toBe(0);
});

test("somebody who never stops gets one repair for each refill", () => {
  const pace = new Pace(limits);
  let repairs = 0;
  let dueMs: number | undefined;
  for (let ms = 0; ms < 600_000; ms += 100) {
    if (dueMs !== undefined && ms >= dueMs && pace.waitMs("shop/web", ms) === 0) {
      repairs++;
      dueMs = undefined;
    }
    if (ms % 700 !== 0) continue;
    pace.note("shop/web", ms);
    dueMs ??= ms + pace.waitMs("shop/web", ms);
  }
  expect(repairs).toBeLessThanOrEqual(limits.burst + 1 + 600_000 / limits.refillMs);
  expect(repairs).toBeGreaterThanOrEqual(600_000 / limits.refillMs / 2);
});

test("so many are taken at once, then one more each while, and a rest fills it again, no fuller", () => {
  const pace = new Pace({ burst: 2, refillMs: 64 });
  const take = (ms: number): number => pace.take("shop/web", ms);
  expect([take(0), take(0), take(32)]).toEqual([0, 0, 32]);
  expect([take(64), take(80), take(128)]).toEqual([0, 48, 0]);
  expect([take(10_000), take(10_000), take(10_000)]).toEqual([0, 0, 64]);
});

test("one thing does not slow another, and the oldest is forgotten", () => {
  const pace = new Pace({ ...limits, thingsMax: 2 });
  for (let n = 0; n < 5; n++) pace.note("a", 0);
  pace.note("b", 0);
  expect([pace.waitMs("a", 0) > 0, pace.waitMs("b", 0)]).toEqual([true, 0]);
  pace.note("c", 0);
  expect(pace.waitMs("a", 0)).toBe(0);
});
