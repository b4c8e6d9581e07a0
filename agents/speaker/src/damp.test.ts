// Stories of a next hop that goes and comes back; times in milliseconds, stable after 5,000.

import { expect, test } from "vitest";
import { Damper } from "./damp.ts";
import { toward, wish } from "./drivers/contract.ts";

const both = wish([toward("10.200.0.1/32", "10.10.0.11", "10.10.0.12")]);
const one = wish([toward("10.200.0.1/32", "10.10.0.11")]);
const none = wish([]);

test("first adds and removals do not wait", () => {
  const damper = new Damper(5_000);
  expect(damper.next(one, 0)).toEqual({ desired: one, nextMs: undefined });
  expect(damper.next(both, 1)).toEqual({ desired: both, nextMs: undefined });
  expect(damper.next(one, 2)).toEqual({ desired: one, nextMs: undefined });
});

test("a hop that comes back waits until it has been wanted for the whole time", () => {
  const damper = new Damper(5_000);
  damper.next(both, 0);
  damper.next(one, 1_000);
  expect(damper.next(both, 1_200)).toEqual({ desired: one, nextMs: 6_200 });
  expect(damper.next(both, 6_199)).toEqual({ desired: one, nextMs: 6_200 });
  expect(damper.next(both, 6_200)).toEqual({ desired: both, nextMs: undefined });
});

test("each new loss starts the time anew", () => {
  const damper = new Damper(5_000);
  damper.next(both, 0);
  damper.next(one, 1_000);
  damper.next(both, 2_000);
  damper.next(one, 6_000);
  expect(damper.next(both, 6_500)).toEqual({ desired: one, nextMs: 11_500 });
});

test("a hop that was away for long does not wait", () => {
  const damper = new Damper(5_000);
  damper.next(both, 0);
  damper.next(one, 1_000);
  damper.next(one, 5_999);
  expect(damper.next(both, 6_000)).toEqual({ desired: both, nextMs: undefined });
});

test("a set that would be empty has its hops back at once", () => {
  const damper = new Damper(5_000);
  damper.next(both, 0);
  damper.next(none, 1_000);
  expect(damper.next(both, 1_100).desired).toEqual(both);
});
