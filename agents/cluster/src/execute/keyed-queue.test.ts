// The queue: one run per key at a time, the latest ask always served, failures tried again.

import { describe, expect, test } from "vitest";
import { eventually } from "../kube/testing/wait.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import type { KeyedQueueOptions } from "./keyed-queue.ts";

const queue = (
  options: Partial<KeyedQueueOptions<string>> & Pick<KeyedQueueOptions<string>, "run">,
): KeyedQueue<string> =>
  new KeyedQueue<string>(
    { onError: () => {}, parallelMax: 4, backoff: { minMs: 1, maxMs: 10 }, gatherMs: 0, ...options },
    new AbortController().signal,
  );

test("starts in the turn of the ask, runs once more for asks during a run, however many", async () => {
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  const tasks = queue({
    run: async () => {
      runs++;
      await gate.promise;
    },
  });
  tasks.add("a");
  expect(runs).toBe(1);
  for (let time = 0; time < 5; time++) tasks.add("a");
  expect(runs).toBe(1);
  gate.resolve();
  await eventually("the queue to be empty", () => tasks.size === 0);
  expect(runs).toBe(2);
});

test("never two runs of one key, never more keys than allowed, and none forgotten", async () => {
  const running = new Set<string>();
  const done = new Set<string>();
  let most = 0;
  const tasks = queue({
    parallelMax: 3,
    run: async (key) => {
      expect(running.has(key)).toBe(false);
      running.add(key);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(key);
      done.add(key);
    },
  });
  for (let key = 0; key < 50; key++) tasks.add(String(key % 20));
  await eventually("the queue to be empty", () => tasks.size === 0);
  expect([most, done.size]).toEqual([3, 20]);
});

test("a failure is tried again until it succeeds; a new ask does not wait for that", async () => {
  const errors: string[] = [];
  let left = 3;
  const tasks = queue({
    run: async () => {
      if (left-- > 0) throw new Error(`left ${left}`);
    },
    onError: (_key, error) => errors.push(String(error)),
  });
  tasks.add("a");
  await eventually("success", () => tasks.size === 0);
  expect(errors).toEqual(["Error: left 2", "Error: left 1", "Error: left 0"]);
  const slow = queue({
    run: () => Promise.reject(new Error("no")),
    backoff: { minMs: 60_000, maxMs: 60_000 },
    onError: () => errors.push("slow"),
  });
  slow.add("a");
  await eventually("the first failure", () => errors.includes("slow"));
  slow.add("a");
  await eventually("the second", () => errors.filter((each) => each === "slow").length === 2);
});

describe("after failures enough for a back-off of a minute and more", () => {
  /** A queue of which every run fails, and how often each key was run; "a" has failed twenty times. */
  const failing = async (
    over: Partial<KeyedQueueOptions<string>> = {},
  ): Promise<{ tasks: KeyedQueue<string>; runs: (key: string) => number; hold: () => () => void }> => {
    const runs = new Map<string, number>();
    const failed = new Map<string, number>();
    let gate = Promise.resolve();
    const count = (counts: Map<string, number>, key: string): unknown =>
      counts.set(key, (counts.get(key) ?? 0) + 1);
    const tasks = queue({
      backoff: { minMs: 1, maxMs: 3_600_000 },
      run: async (key) => {
        count(runs, key);
        if (key === "a") await gate;
        throw new Error("no");
      },
      onError: (key) => count(failed, key),
      ...over,
    });
    const hold = (): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    };
    for (let time = 1; time <= 20; time++) {
      tasks.add("a");
      await eventually("one more failure", () => (failed.get("a") ?? 0) >= time);
    }
    return { tasks, runs: (key) => runs.get(key) ?? 0, hold };
  };

  test.each([0, 1])(
    "what is asked for while a run fails is run soon, and not in a circle (gathered for %d ms)",
    async (gatherMs) => {
      const { tasks, runs, hold } = await failing({ gatherMs });
      const before = runs("a");
      const release = hold();
      tasks.add("a");
      await eventually("the run", () => runs("a") === before + 1);
      tasks.add("a");
      release();
      await eventually("the run that was asked for meanwhile", () => runs("a") === before + 2);
      // The back-off was not reset: in the time of many first waits "a" is not run again.
      tasks.add("b");
      await eventually("others to fail time and again", () => runs("b") >= 6);
      expect(runs("a")).toBe(before + 2);
    },
  );

  test("what is asked for while it waits is run after it was gathered", async () => {
    const { tasks, runs } = await failing({ gatherMs: 1 });
    const before = runs("a");
    tasks.add("a");
    expect(runs("a")).toBe(before);
    await eventually("the run", () => runs("a") === before + 1);
  });

  test("a wait that the failure asks for is no longer than the ask, either", async () => {
    const { tasks, runs, hold } = await failing({ waitAfter: () => 3_600_000 });
    const before = runs("a");
    const release = hold();
    tasks.add("a");
    tasks.add("a");
    expect(runs("a")).toBe(before + 1);
    release();
    await eventually("the run that was asked for meanwhile", () => runs("a") === before + 2);
  });
});

test("what is asked for while gathering falls into one run", async () => {
  let runs = 0;
  const tasks = queue({ gatherMs: 20, run: async () => void runs++ });
  for (let time = 0; time < 10; time++) tasks.add("a");
  expect(runs).toBe(0);
  await eventually("the run", () => tasks.size === 0);
  expect(runs).toBe(1);
});
