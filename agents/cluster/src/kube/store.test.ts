// A store never goes back: the newest version wins, whatever the order in which it is heard of.

import fc from "fast-check";
import { expect, test } from "vitest";
import { createStore, objectKey } from "./store.ts";
import type { Stored } from "./store.ts";

const item = (name: string, version: number): Stored => ({
  namespace: "shop",
  name,
  uid: `${name}-${version}`,
  resourceVersion: String(version),
});

test("shuffled and repeated news end in the newest", () => {
  const news = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.integer({ min: 1, max: 2_000 })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(news, (said) => {
      const store = createStore();
      for (const [name, version] of [...said, ...said]) store.put(item(name, version));
      for (const name of ["a", "b"]) {
        const versions = said.filter(([each]) => each === name).map(([, version]) => version);
        const want = versions.length === 0 ? undefined : String(Math.max(...versions));
        expect(store.get(objectKey("shop", name))?.resourceVersion).toBe(want);
      }
    }),
  );
});

test("a list takes away what it lacks, but not what was written after it", () => {
  const store = createStore();
  for (const each of [item("kept", 5), item("gone", 6), item("newer", 12)]) store.put(each);
  expect(store.replace([item("kept", 5), item("came", 9)], "10", "continues").toSorted()).toEqual([
    "shop/came",
    "shop/gone",
  ]);
  expect([...store.values()].map(({ name }) => name).toSorted()).toEqual(["came", "kept", "newer"]);
});

test("a late deletion does not take what was made again since", () => {
  const store = createStore();
  store.put(item("web", 20));
  expect(store.remove(objectKey("shop", "web"), "15")).toBeUndefined();
  expect(store.remove(objectKey("shop", "web"), "21")).toBe("shop/web");
});

test("after a restored datastore the list counts, although its versions are older", () => {
  const store = createStore();
  for (const each of [item("kept", 500), item("gone", 600)]) store.put(each);
  expect(store.replace([item("kept", 40)], "50", "restarted").toSorted()).toEqual(["shop/gone", "shop/kept"]);
  expect(store.get(objectKey("shop", "kept"))?.resourceVersion).toBe("40");
});
