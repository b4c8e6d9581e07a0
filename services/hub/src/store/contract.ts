// What every store must do, as one suite that runs against each driver.

import { afterEach, describe, expect, it } from "vitest";
import { RevisionConflict } from "./store.ts";
import type { Store } from "./store.ts";

/** A driver under test. `open` opens the same records again after a close. */
export interface StoreUnderTest {
  readonly open: () => Store;
  readonly dispose: () => void;
}

/** Runs the suite. */
export function storeContract(name: string, prepare: () => StoreUnderTest): void {
  describe(`store contract: ${name}`, () => {
    let disposals: (() => void)[] = [];
    const start = (): { store: Store; reopen: () => Promise<Store> } => {
      const subject = prepare();
      disposals.push(subject.dispose);
      const store = subject.open();
      return {
        store,
        reopen: async () => {
          await store.close();
          return subject.open();
        },
      };
    };
    afterEach(() => {
      for (const dispose of disposals) dispose();
      disposals = [];
    });

    it("gives back what was written, with the revision of the write", async () => {
      const { store } = start();
      const revision = await store.write([{ collection: "tokens", key: "t1", value: "{}" }]);
      expect(await store.get("tokens", "t1")).toEqual({ key: "t1", value: "{}", revision });
      expect(await store.get("tokens", "t2")).toBeUndefined();
      expect(await store.get("members", "t1")).toBeUndefined();
    });

    it("lists a collection sorted by key", async () => {
      const { store } = start();
      await store.write(
        ["b", "a", "c"].map((key) => ({ collection: "members" as const, key, value: `"${key}"` })),
      );
      await store.write([{ collection: "members", key: "b", value: undefined }]);
      expect((await store.list("members")).map((r) => r.key)).toEqual(["a", "c"]);
      expect(await store.list("exports")).toEqual([]);
    });

    it("grows its revision with every write, also over a reopening", async () => {
      const { store, reopen } = start();
      const first = await store.write([{ collection: "meta", key: "k", value: "1" }]);
      const again = await reopen();
      const second = await again.write([{ collection: "meta", key: "k", value: "2" }]);
      expect(second).toBeGreaterThan(first);
      expect(await again.get("meta", "k")).toEqual({ key: "k", value: "2", revision: second });
      await again.close();
    });

    it("writes all changes or none", async () => {
      const { store } = start();
      const revision = await store.write([{ collection: "book", key: "book", value: "[]" }]);
      const write = store.write([
        { collection: "members", key: "a", value: "{}" },
        { collection: "book", key: "book", value: "[1]", expected: revision + 7 },
      ]);
      await expect(write).rejects.toBeInstanceOf(RevisionConflict);
      expect(await store.get("members", "a")).toBeUndefined();
      expect(await store.get("book", "book")).toEqual({ key: "book", value: "[]", revision });
    });

    it("lets exactly one of many win who expect the same revision", async () => {
      const { store } = start();
      const writes = Array.from({ length: 8 }, (_, i) =>
        store.write([{ collection: "book", key: "book", value: `[${i}]`, expected: 0 }]),
      );
      const results = await Promise.allSettled(writes);
      expect(results.filter((r) => r.status === "fulfilled")).toHaveLength(1);
      expect(results[0]?.status).toBe("fulfilled");
      expect((await store.get("book", "book"))?.value).toBe("[0]");
    });

    it("finishes accepted writes before it closes and refuses later ones", async () => {
      const { store, reopen } = start();
      const writing = store.write([{ collection: "tokens", key: "late", value: "1" }]);
      const again = await reopen();
      await writing;
      expect((await again.get("tokens", "late"))?.value).toBe("1");
      await expect(store.write([{ collection: "tokens", key: "later", value: "1" }])).rejects.toThrow(
        /closed/,
      );
      await again.close();
    });
  });
}
