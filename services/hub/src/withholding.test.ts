// What a peer has seen and the hub has lost is waited for, and nothing else is.

import type { Position, ShardId, ShardState } from "@sealane/core";
import { expect, it } from "vitest";
import { isLost, marksFromJson, marksToJson, withMark } from "./recall.ts";
import type { Marks, Recall } from "./recall.ts";
import { Withholding, lostOf } from "./withholding.ts";

const at = (epoch: number, sequence: number): Position => ({
  epoch: BigInt(epoch),
  sequence: BigInt(sequence),
});
const marks: Marks = [at(10, 400), at(20, 7)];

it.each<readonly [what: string, marks: Marks, seen: Position, lost: boolean]>([
  ["this run's own", marks, at(30, 9_000), false],
  ["nothing", marks, at(0, 0), false],
  ["what the last run published", marks, at(20, 7), false],
  ["more than the last run is known to have published", marks, at(20, 8), true],
  ["what an earlier run published", marks, at(10, 400), false],
  ["more than an earlier run is known to have published", marks, at(10, 401), true],
  ["a run between that nobody knows", marks, at(15, 1), true],
  ["a run after the last that nobody knows", marks, at(25, 1), true],
  ["another hub's run before the first", marks, at(5, 1), true],
  ["anything, when nothing is known", [], at(5, 1), true],
  ["a run that is too long ago", Array.from({ length: 32 }, (_, n) => at(100 + n, 1)), at(5, 1), false],
])("of %s", (_, known, seen, lost) => {
  expect(isLost(known, 30n, seen)).toBe(lost);
  expect(isLost(marksFromJson(marksToJson(known)), 30n, seen)).toBe(lost);
});

it("keeps one mark for each run, and few of them", () => {
  expect(withMark(marks, at(20, 8))).toEqual([at(10, 400), at(20, 8)]);
  const many = Array.from({ length: 100 }, (_, n) => at(n, 1)).reduce<Marks>(withMark, []);
  expect([many.length, many.at(-1)]).toEqual([32, at(99, 1)]);
});

const recall: Recall = { epoch: 30n, stored: marks, cached: marks };
const held = (kind: ShardId["kind"], origin: string, position: Position): ShardState => ({
  id: { kind, origin, namespace: "" },
  position,
  complete: true,
  sum: 1n,
});
const [reachOfA, reachOfB, imports]: readonly ShardId[] = [
  { kind: "reach", origin: "a", namespace: "shop" },
  { kind: "reach", origin: "b", namespace: "shop" },
  { kind: "import", origin: "", namespace: "shop" },
];

it("waits for the one cluster of whose pods and nodes more was seen", () => {
  const heard = new Set<string>();
  const hello = {
    seen: [
      { origin: "a", position: at(20, 9) },
      { origin: "b", position: at(20, 3) },
    ],
    held: [held("member", "", at(20, 7))],
  };
  const withholding = new Withholding(lostOf(recall, hello, ["a", "b", "c"]), (name) => heard.has(name));
  expect([reachOfA!, reachOfB!, imports!].map((id) => withholding.has(id))).toEqual([true, false, false]);
  heard.add("b");
  expect(withholding.release()).toBeUndefined();
  heard.add("a");
  expect(withholding.release()?.(reachOfA!)).toBe(true);
  expect([withholding.awaited, withholding.release()]).toEqual([[], undefined]);
});

it("waits for all clusters, also those that it has never heard of, when the store is older than what was seen", () => {
  const heard = new Set(["c"]);
  const hello = {
    seen: [
      { origin: "a", position: at(20, 1) },
      { origin: "d", position: at(20, 2) },
    ],
    held: [held("import", "", at(20, 8))],
  };
  const withholding = new Withholding(lostOf(recall, hello, ["a", "c"]), (name) => heard.has(name));
  expect(withholding.awaited).toEqual(["a", "d"]);
  heard.add("a");
  const released = withholding.release();
  expect([reachOfA!, imports!].map((id) => released?.(id))).toEqual([true, false]);
  expect(withholding.has(imports!)).toBe(true);
  heard.add("d");
  expect(withholding.release()?.(imports!)).toBe(true);
});

it("waits for nobody when nobody has seen more", () => {
  const hello = { seen: [{ origin: "a", position: at(20, 7) }], held: [held("import", "", at(10, 400))] };
  expect(new Withholding(lostOf(recall, hello, ["a", "b"]), () => false).awaited).toEqual([]);
});
