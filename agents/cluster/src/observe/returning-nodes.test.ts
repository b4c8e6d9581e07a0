// A node that was away is told as ready once its speaker says that it serves, and after a while without a word from it.

import type { NodeFact } from "@sealane/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FactChange } from "../link/fact-table.ts";
import { ReturningNodes } from "./returning-nodes.ts";

const holdMs = 60_000;
const shard = { kind: "node", origin: "a", namespace: "" } as const;

let told: (boolean | undefined)[];
let nodes: ReturningNodes;

const observe = (ready: boolean | undefined) => {
  const value =
    ready === undefined ? undefined : { addresses: ["192.0.2.1"], podPrefixes: [], ready, zone: "" };
  nodes.observe([{ shard, key: "a1", value, observedUnixUs: 1n }]);
};
const report = (...reasons: string[]) => {
  const findings = reasons.map((reason) => ({ subject: "a1", reason, message: "" }));
  nodes.heard({ node: "a1", counts: [], findings, observedUnixUs: 2n });
};

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  const onFacts = (changes: readonly FactChange[]) =>
    told.push(...changes.map(({ value }) => (value as NodeFact | undefined)?.ready));
  nodes = new ReturningNodes({ holdMs, onFacts }, new AbortController().signal);
});
afterEach(() => void vi.useRealTimers());

test("a node that was never away is told as it is", () => {
  observe(true);
  report("KubeProxyNotSynced");
  observe(true);
  expect(told).toEqual([true, true]);
});

test("a node that comes back waits for its speaker's word that it serves", () => {
  observe(true);
  report();
  observe(false);
  observe(true);
  report("KubeProxyNotSynced");
  observe(true);
  expect(told).toEqual([true, false, false, false]);
  report("ApplyFailed");
  expect(told.at(-1)).toBe(true);
  observe(true);
  expect(told.at(-1)).toBe(true);
});

test("a node whose speaker spoke on while only the kubelet was away is ready at once", () => {
  observe(true);
  report();
  observe(false);
  report();
  observe(true);
  expect(told).toEqual([true, false, true]);
});

test("a speaker that does not come costs a while and no more", () => {
  observe(true);
  report();
  observe(false);
  observe(true);
  vi.advanceTimersByTime(holdMs - 1);
  expect(told).toEqual([true, false, false]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([true, false, false, true]);
});

test("a speaker that says again and again that its node does not serve is believed, until it falls silent", () => {
  observe(true);
  report();
  observe(false);
  observe(true);
  for (let said = 0; said < 3; said++) {
    vi.advanceTimersByTime(holdMs - 1);
    report("KubeProxyNotSynced");
  }
  vi.advanceTimersByTime(holdMs - 1);
  expect(told).toEqual([true, false, false]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([true, false, false, true]);
});

test("going away again begins the wait anew", () => {
  observe(true);
  report();
  observe(false);
  observe(true);
  vi.advanceTimersByTime(holdMs - 1);
  observe(false);
  vi.advanceTimersByTime(holdMs);
  observe(true);
  expect(told).toEqual([true, false, false, false, false]);
});

test("a leader that began while the node was away waits for it too", () => {
  nodes.heard({ node: "a2", counts: [], findings: [], observedUnixUs: 2n });
  observe(false);
  observe(true);
  expect(told).toEqual([false, false]);
  report();
  expect(told.at(-1)).toBe(true);
});

test("where no node has a speaker a node is told as it is", () => {
  observe(true);
  observe(false);
  observe(true);
  expect(told).toEqual([true, false, true]);
});

test("a node that was deleted and made again is a new one", () => {
  observe(true);
  report();
  observe(false);
  observe(undefined);
  observe(true);
  expect(told).toEqual([true, false, undefined, true]);
});
