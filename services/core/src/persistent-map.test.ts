// The map against the language's own, step by step; old maps stay as they were.

import fc from "fast-check";
import { expect, test } from "vitest";
import { deepFreeze } from "../testing/freeze.ts";
import { PersistentMap } from "./persistent-map.ts";

const key = fc.oneof(fc.integer({ min: 0, max: 60 }).map(String), fc.string({ maxLength: 3 }));
const step = fc.oneof(
  fc.record({ key, value: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ key, value: fc.constant(undefined) }),
);

test("behaves as a map, and leaves what it came from alone", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const model = new Map<string, number>();
      let map = PersistentMap.empty<number>();
      for (const { key: at, value } of steps) {
        const before = deepFreeze(map);
        const content = [...before];
        map = value === undefined ? before.without(at) : before.with(at, value);
        expect(map === before).toBe(value === undefined ? !model.has(at) : model.get(at) === value);
        expect([...before]).toEqual(content);
        if (value === undefined) model.delete(at);
        else model.set(at, value);
        expect(map.size).toBe(model.size);
      }
      expect(new Map(map)).toEqual(model);
      expect(new Set(map.keys())).toEqual(new Set(model.keys()));
      expect([...map.values()].toSorted()).toEqual([...model.values()].toSorted());
      for (const at of model.keys()) expect(map.get(at)).toBe(model.get(at));
      expect(map.has("no such key")).toBe(false);
    }),
  );
});

test("keys whose hashes collide are kept apart", () => {
  const many = Array.from({ length: 5000 }, (_, at) => [`service-${at}/node-${at % 7}`, at] as const);
  const map = PersistentMap.of(many);
  expect(map.size).toBe(5000);
  expect(many.every(([name, value]) => map.get(name) === value)).toBe(true);
  expect(many.reduce((rest, [name]) => rest.without(name), map).size).toBe(0);
});
