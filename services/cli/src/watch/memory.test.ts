// What was shown is shown again only when it is different, over any number of connections.

import { WatchedKind } from "@sealane/wire";
import { expect, test } from "vitest";
import { rememberEvents, rememberThings } from "./memory.ts";
import { watchedKinds } from "./watchable.ts";

interface Thing {
  readonly value: number;
  readonly beat: number;
}

const thing = (value: number, beat = 0): Thing => ({ value, beat });
const told = (entries: Readonly<Record<string, Thing | undefined>>) =>
  Object.entries(entries).map(([key, item]) => ({ key, item }));
const things = () => rememberThings(({ value }: Thing) => value);

test("things are current first, then added, changed and gone, as they last were", () => {
  const memory = things();
  memory.begin();
  expect(memory.take(told({ a: thing(1) }), false)).toEqual([{ change: "current", item: thing(1) }]);
  expect(memory.take(told({ b: thing(1) }), true)).toEqual([{ change: "current", item: thing(1) }]);
  expect(memory.take(told({ c: thing(1), a: thing(2), b: undefined }), false)).toEqual([
    { change: "added", item: thing(1) },
    { change: "changed", item: thing(2) },
    { change: "gone", item: thing(1) },
  ]);
});

test("a new connection shows only what changed meanwhile, and what is gone when all has come", () => {
  const memory = things();
  memory.begin();
  memory.take(told({ a: thing(1), b: thing(1), c: thing(1) }), true);
  memory.begin();
  expect(memory.take(told({ a: thing(1, 9), b: thing(2) }), false)).toEqual([
    { change: "changed", item: thing(2) },
  ]);
  expect(memory.take(told({ d: thing(1) }), true)).toEqual([
    { change: "added", item: thing(1) },
    { change: "gone", item: thing(1) },
  ]);
});

test("a connection that breaks before all has come makes nothing gone", () => {
  const memory = things();
  memory.begin();
  memory.take(told({ a: thing(1), b: thing(1) }), true);
  memory.begin();
  expect(memory.take(told({ a: thing(1) }), false)).toEqual([]);
  memory.begin();
  expect(memory.take(told({ a: thing(1), b: thing(1) }), true)).toEqual([]);
});

test("events are shown once each, also when a new connection, or a new hub, tells them again", () => {
  const memory = rememberEvents<string>();
  const events = (...keys: readonly string[]) => keys.map((key) => ({ key, item: key }));
  const keys = (changes: ReturnType<typeof memory.take>) =>
    changes.map(({ change, item }) => `${change} ${item}`);
  memory.begin();
  expect(keys(memory.take(events("1@100", "2@200"), true))).toEqual(["current 1@100", "current 2@200"]);
  expect(keys(memory.take(events("3@200"), false))).toEqual(["added 3@200"]);
  memory.begin();
  expect(keys(memory.take(events("1@100", "3@200", "4@300"), true))).toEqual(["added 4@300"]);
  memory.begin();
  expect(keys(memory.take(events("1@400"), true))).toEqual(["added 1@400"]);
});

test("kinds have the numbers of the admin API", () => {
  const { CLUSTERS: clusters, SERVICES: services, ROUTES: routes, EVENTS: events } = WatchedKind;
  expect(watchedKinds).toEqual({ clusters, services, routes, events });
});
