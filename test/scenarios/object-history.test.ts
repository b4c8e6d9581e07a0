import { expect, test } from "vitest";
import { unneededVersions, valuesOf } from "./object-history.ts";
import type { ObjectVersion } from "./object-history.ts";

const condition = (type: string, status: string, time: string) => ({
  type,
  status,
  lastTransitionTime: time,
});

function version(
  event: ObjectVersion["event"],
  resourceVersion: string,
  ...conditions: object[]
): ObjectVersion {
  return { event, values: valuesOf({ metadata: { name: "web", resourceVersion }, status: { conditions } }) };
}

const pending = version("ADDED", "1", condition("Ready", "Unknown", "t1"));
const conflict = [condition("Conflict", "True", "t2"), condition("Ready", "True", "t2")];

test("a version that only says more is needed", () => {
  expect(unneededVersions([pending, version("MODIFIED", "2", ...conflict)])).toEqual([]);
});

test("the order of conditions, versions and times say nothing", () => {
  const again = version("MODIFIED", "3", ...conflict.toReversed());
  expect(unneededVersions([version("ADDED", "2", ...conflict), again])).toEqual(["nothing was changed"]);
});

test("a condition that comes back to what it said was not needed", () => {
  const ready = version("MODIFIED", "2", condition("Ready", "True", "t2"));
  const back = version("MODIFIED", "3", condition("Ready", "Unknown", "t3"));
  expect(unneededVersions([pending, ready, back])).toEqual([
    'status.conditions[type=Ready].status went from "True" back to "Unknown"',
  ]);
});

test("a condition that appears and goes again was not needed, nor is a deletion", () => {
  const appeared = version(
    "MODIFIED",
    "2",
    condition("Ready", "Unknown", "t1"),
    condition("Conflict", "True", "t2"),
  );
  const gone = version("MODIFIED", "3", condition("Ready", "Unknown", "t1"));
  expect(unneededVersions([pending, appeared, gone])).toEqual([
    'status.conditions[type=Conflict].type went from "Conflict" back to absent',
    'status.conditions[type=Conflict].status went from "True" back to absent',
  ]);
  expect(unneededVersions([pending, version("DELETED", "2", condition("Ready", "Unknown", "t1"))])).toEqual([
    "it was deleted",
  ]);
});
