import { expect, it } from "vitest";
import { countFailures, target } from "./load.ts";
import type { LoadFailure } from "./load.ts";

it("failures of one kind are counted together, whatever their ports", () => {
  const failed = (stage: LoadFailure["stage"], error: string): LoadFailure => ({
    atUnixMs: 0,
    target: target("v4", "http://web./"),
    stage,
    error,
    tookMs: 1,
  });
  expect(
    countFailures([
      failed("exchange", "read tcp 10.65.0.3:40001->10.112.0.9:80: connection reset by peer"),
      failed("lookup", "lookup web.: i/o timeout"),
      failed("exchange", "read tcp 10.65.0.3:40002->10.112.0.9:80: connection reset by peer"),
    ]),
  ).toEqual([
    "2 x exchange over tcp4=http://web./: read tcp 10.112.0.9:80: connection reset by peer",
    "1 x lookup over tcp4=http://web./: lookup web.: i/o timeout",
  ]);
});
