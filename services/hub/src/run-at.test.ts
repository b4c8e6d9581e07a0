// A timer fires at its time, not a day earlier, however far away it is.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { runAt } from "./run-at.ts";

const dayMs = 86_400_000;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([0, 1, 20, 25, 60, 365])("runs once, %i days ahead", (days) => {
  const run = vi.fn<() => void>();
  runAt(Date.now() + days * dayMs + 10, run);
  vi.advanceTimersByTime(days * dayMs + 9);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(400 * dayMs);
  expect(run).toHaveBeenCalledTimes(1);
});

it("runs at once when the time is past, and never after it was cancelled", () => {
  const [late, cancelled] = [vi.fn<() => void>(), vi.fn<() => void>()];
  runAt(Date.now() - dayMs, late);
  const cancel = runAt(Date.now() + 30 * dayMs, cancelled);
  vi.advanceTimersByTime(26 * dayMs);
  cancel();
  vi.advanceTimersByTime(30 * dayMs);
  expect([late.mock.calls.length, cancelled.mock.calls.length]).toEqual([1, 0]);
});
