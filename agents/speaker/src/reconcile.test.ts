// The loop over the driver in memory: which wish is set, when, and what is told of it.

import { setImmediate as turn } from "node:timers/promises";
import type { DesiredRoutes } from "@sealane/core";
import { noRoutes } from "@sealane/core";
import { afterEach, expect, test, vi } from "vitest";
import { toward, wish } from "./drivers/contract.ts";
import { memoryDriver, memoryNode } from "./drivers/memory.ts";
import type { Outcome, ReconcilerOptions } from "./reconcile.ts";
import { Reconciler, reportOf } from "./reconcile.ts";

const first = wish([toward("10.200.0.1/32", "10.10.0.11")]);
const second = wish([toward("10.200.0.1/32", "10.10.0.12")]);
const third = wish([toward("10.200.0.1/32", "10.10.0.11", "10.10.0.12")]);

let loop: Reconciler | undefined;
afterEach(async () => loop?.close());

function start(over: Partial<ReconcilerOptions> = {}) {
  const node = memoryNode();
  const outcomes: Outcome[] = [];
  const kept: DesiredRoutes[] = [];
  const state: { wish: DesiredRoutes | undefined } = { wish: over.initial };
  const reconciler = new Reconciler({
    driver: memoryDriver(node),
    desired: () => state.wish,
    initial: undefined,
    keep: async (desired) => Promise.resolve(void kept.push(desired)),
    onOutcome: (outcome) => outcomes.push(outcome),
    stableMs: 0,
    auditMs: 60_000,
    ...over,
  });
  loop = reconciler;
  const want = (desired: DesiredRoutes) => {
    state.wish = desired;
    reconciler.wake();
  };
  return { node, outcomes, kept, want, reconciler };
}

test("nothing is known: nothing is set", async () => {
  const { node, reconciler } = start();
  reconciler.wake();
  await turn();
  expect(node.wishes).toEqual([]);
});

test("the last good wish is set at the start, before anybody said anything", async () => {
  const { node, outcomes, kept } = start({ initial: first });
  await vi.waitFor(() => expect(outcomes).toHaveLength(1));
  expect(node.wishes).toEqual([first]);
  expect(kept).toEqual([]);
});

test("while one set is under way only the newest wish waits", async () => {
  const { node, outcomes, want, kept } = start();
  let release: () => void = () => undefined;
  node.pace = async () => new Promise((resolve) => (release = resolve));
  want(first);
  await vi.waitFor(() => expect(node.wishes).toEqual([first]));
  want(second);
  want(third);
  node.pace = async () => Promise.resolve();
  release();
  await vi.waitFor(() => expect(outcomes).toHaveLength(2));
  expect(node.wishes).toEqual([first, third]);
  expect(kept).toEqual([first, third]);
});

test("an audit repairs what drifted", async () => {
  const { node, outcomes, want } = start({ auditMs: 5 });
  want(first);
  await vi.waitFor(() => expect(outcomes.length).toBeGreaterThan(0));
  node.kernel.clear();
  await vi.waitFor(() => expect(outcomes.some(({ result }) => result.change === "repaired")).toBe(true));
  expect(node.kernel.get("10.200.0.1/32")?.nextHops).toEqual(["10.10.0.11"]);
});

test("a wish that says what was set already waits for the audit, unless somebody else may have changed a route", async () => {
  const { node, outcomes, want, reconciler } = start();
  want(first);
  await vi.waitFor(() => expect(outcomes).toHaveLength(1));
  want(structuredClone(first));
  want(second);
  await vi.waitFor(() => expect(outcomes).toHaveLength(2));
  want(structuredClone(second));
  await turn();
  expect(node.wishes).toEqual([first, second]);
  reconciler.look();
  await vi.waitFor(() => expect(node.wishes).toEqual([first, second, second]));
});

test("no wish waits until another is kept, and the last one is", async () => {
  const { promise: disk, resolve: release } = Promise.withResolvers<void>();
  const kept: DesiredRoutes[] = [];
  const keep = async (desired: DesiredRoutes) => {
    await disk;
    kept.push(desired);
  };
  const { outcomes, want } = start({ keep });
  for (const [at, each] of [first, second, third].entries()) {
    want(each);
    await vi.waitFor(() => expect(outcomes).toHaveLength(at + 1));
  }
  release();
  await vi.waitFor(() => expect(kept).toEqual([first, third]));
});

test("what had to be written anew is synced anew, also during a sync; what stands is not, and is kept once", async () => {
  const disks = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let syncs = 0;
  const { node, outcomes, want, reconciler, kept } = start();
  node.disk = async () => disks[syncs++]?.promise;
  want(first);
  await vi.waitFor(() => expect(syncs).toBe(1));
  node.daemon.clear();
  reconciler.look();
  await vi.waitFor(() => expect(outcomes.map(({ result }) => result.change)).toEqual(["applied", "applied"]));
  disks[0]?.resolve();
  await vi.waitFor(() => expect(syncs).toBe(2));
  disks[1]?.resolve();
  reconciler.look();
  await vi.waitFor(() => expect(outcomes.at(-1)?.result.change).toBe("nothing"));
  expect([syncs, kept]).toEqual([2, [first]]);
});

test("what cannot be kept is told, and tried again", async () => {
  const kept: DesiredRoutes[] = [];
  let failures = 1;
  const keep = async (desired: DesiredRoutes) => {
    if (failures-- > 0) throw new Error("no space left");
    kept.push(desired);
    return Promise.resolve();
  };
  const { outcomes, want } = start({ keep });
  want(first);
  await vi.waitFor(() => expect(outcomes.map(({ result }) => result.change)).toEqual(["applied", "failed"]));
  await vi.waitFor(() => expect(kept).toEqual([first]), { timeout: 5_000 });
});

test("a daemon that is away is tried again, told, and not taken for empty", async () => {
  const { node, outcomes, want, kept } = start();
  node.down = true;
  want(first);
  await vi.waitFor(() => expect(outcomes).toHaveLength(1));
  expect(reportOf(outcomes[0]!)).toEqual({
    desired: 1,
    observed: undefined,
    findings: [{ subject: "routes", reason: "ApplyFailed", message: "The daemon does not answer" }],
  });
  expect(kept).toEqual([]);
  node.down = false;
  await vi.waitFor(() => expect(kept).toEqual([first]), { timeout: 5_000 });
});

test("a next hop that comes back waits, and comes without a new wish", async () => {
  const { node, want } = start({ stableMs: 100 });
  want(third);
  await vi.waitFor(() => expect(node.wishes).toHaveLength(1));
  want(first);
  await vi.waitFor(() => expect(node.wishes).toHaveLength(2));
  const returnedMs = performance.now();
  want(third);
  await vi.waitFor(() => expect(node.kernel.get("10.200.0.1/32")?.nextHops).toHaveLength(2), {
    timeout: 5_000,
  });
  expect(performance.now() - returnedMs).toBeGreaterThanOrEqual(95);
});

test("closing withdraws nothing", async () => {
  const { node, want, reconciler } = start();
  want(first);
  await vi.waitFor(() => expect(node.kernel.size).toBe(1));
  await reconciler.close();
  expect(node.kernel.size).toBe(1);
  expect(node.wishes).not.toContain(noRoutes);
});

test("what is withheld is reported after what failed", () => {
  const withheld = {
    prefix: "10.9.0.1/32",
    cluster: "b",
    purpose: "shop/web",
    reason: "NoReadyEndpoints",
    message: "none",
  } as const;
  const finding = { subject: "10.200.0.1/32", reason: "NextHopNotOnLink", message: "off" } as const;
  const desired = { ...first, withheld: [withheld] };
  const live = { install: [], originate: [] };
  expect(reportOf({ desired, tookMs: 1, result: { change: "applied", live, findings: [finding] } })).toEqual({
    desired: 1,
    observed: 0,
    findings: [finding, { subject: "10.9.0.1/32", reason: "NoReadyEndpoints", message: "none" }],
  });
});
