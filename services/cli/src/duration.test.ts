// Durations, both ways.

import { expect, test } from "vitest";
import { formatAge, parseDuration } from "./duration.ts";

test.each([
  ["500ms", 500],
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["2d", 172_800_000],
  ["1.5s", 1_500],
])("%s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "10", "0s", "-5s", "5 s", "1y", "s", "1e3s", "1.2.3s", "99999999999999999d"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  [-5_000, "0s"],
  [999, "0s"],
  [119_999, "119s"],
  [120_000, "2m"],
  [7_199_000, "119m"],
  [7_200_000, "2h"],
  [47 * 3_600_000, "47h"],
  [48 * 3_600_000, "2d"],
])("%d ms shows as %s", (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});
