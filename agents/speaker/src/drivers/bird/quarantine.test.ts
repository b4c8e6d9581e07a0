// How long a failed route is held back, and what of it stays meanwhile.

import { expect, test } from "vitest";
import type { DaemonRoute } from "../../driver.ts";
import { announced, toward, wish } from "../contract.ts";
import type { Failed } from "./quarantine.ts";
import { Quarantine } from "./quarantine.ts";

const [one, two, three] = ["10.10.0.11", "10.10.0.12", "10.10.0.13"] as const;
const prefix = "10.200.0.1/32";
const want = wish([toward(prefix, one, three), toward("10.200.0.2/32", one)]);
const rest = wish([toward("10.200.0.2/32", one)]);
const failed: Failed = {
  kind: "install",
  prefix,
  nextHops: [one, three],
  eased: false,
  message: "it is not there",
};
const before: readonly DaemonRoute[] = [{ prefix, kind: "install", nextHops: [one, two], preferred: true }];

test("nothing failed: the wish passes as it is", () => {
  expect(new Quarantine().ease(want, [], 0)).toEqual({ desired: want, findings: [] });
});

test("it is held for ten seconds, then twice as long at each failure, at most five minutes", () => {
  const quarantine = new Quarantine();
  let nowMs = 0;
  for (const heldMs of [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
    quarantine.hold(failed, nowMs);
    expect(quarantine.ease(want, [], nowMs + heldMs - 1)).toMatchObject({
      desired: rest,
      findings: [{ subject: prefix, reason: "ApplyFailed" }],
    });
    nowMs += heldMs;
    expect(quarantine.ease(want, [], nowMs).desired).toEqual(want);
  }
});

test("other next hops are tried at once", () => {
  const quarantine = new Quarantine();
  quarantine.hold(failed, 0);
  const changed = wish([toward(prefix, one, two)]);
  expect(quarantine.ease(changed, [], 1)).toEqual({ desired: changed, findings: [] });
});

test("next hops that worked and are still wanted stay, unless they failed too", () => {
  const quarantine = new Quarantine();
  quarantine.hold(failed, 0);
  expect(quarantine.ease(want, before, 1).desired.install[0]).toEqual(toward(prefix, one));
  quarantine.hold({ ...failed, eased: true }, 1);
  expect(quarantine.ease(want, before, 2).desired).toEqual(rest);
});

test("what was seen to work, or is not wanted any more, starts anew", () => {
  const quarantine = new Quarantine();
  quarantine.hold(failed, 0);
  quarantine.release({ install: [], originate: [] }, want);
  expect(quarantine.ease(want, [], 1).findings).toHaveLength(1);
  quarantine.release({ install: [], originate: [] }, rest);
  expect(quarantine.ease(want, [], 1).findings).toHaveLength(0);
});

test("an announcement is held back by itself", () => {
  const quarantine = new Quarantine();
  quarantine.hold({ ...failed, kind: "originate", nextHops: [] }, 0);
  const both = wish([toward(prefix, one)], [announced(prefix)]);
  expect(quarantine.ease(both, [], 1).desired).toEqual(wish([toward(prefix, one)]));
});
