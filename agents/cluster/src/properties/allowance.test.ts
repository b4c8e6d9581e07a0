// A burst, then one each while, and full again after a rest.

import { expect, test } from "vitest";
import { createAllowance } from "./allowance.ts";

test("so many at once, then one more each while", () => {
  const allowance = createAllowance({ burst: 2, refillMs: 100 });
  expect([allowance.take(0), allowance.take(1), allowance.take(50)]).toEqual([0, 0, 50]);
  expect([allowance.take(100), allowance.take(130), allowance.take(200)]).toEqual([0, 70, 0]);
});

test("a rest fills it, and no more than that", () => {
  const allowance = createAllowance({ burst: 2, refillMs: 100 });
  expect([allowance.take(0), allowance.take(0), allowance.take(10_000)]).toEqual([0, 0, 0]);
  expect([allowance.take(10_000), allowance.take(10_000)]).toEqual([0, 100]);
});
