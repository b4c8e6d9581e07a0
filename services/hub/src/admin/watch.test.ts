// Watching tells what is, then what changes; whoever reads slowly gets the latest of each key and nothing piles up.

import { watchesMax } from "@sealane/core";
import type { World } from "@sealane/core";
import { WatchedKind } from "@sealane/wire";
import type { admin } from "@sealane/wire";
import { expect, it, onTestFinished } from "vitest";
import { Journal } from "../journal/journal.ts";
import { exportFact, reachFact } from "../testing/facts.ts";
import { clusterFacts, fact, worldAfter, worldOf } from "../testing/world.ts";
import type { ClusterInit } from "./status.ts";
import { watchVerbs } from "./watch.ts";

interface Scene {
  world: World;
  clusters: readonly ClusterInit[];
  /** How often clusters were looked at. */
  looks: number;
  readonly journal: Journal;
  readonly stopping: AbortController;
}

function scene(): Scene & { readonly watch: ReturnType<typeof watchVerbs>["watch"] } {
  const it: Scene = {
    world: worldOf({ a: 1 }),
    clusters: [],
    looks: 0,
    journal: new Journal(() => 7n),
    stopping: new AbortController(),
  };
  const verbs = watchVerbs({
    world: () => it.world,
    clusters: () => {
      it.looks += 1;
      return it.clusters;
    },
    journal: it.journal,
    stopping: it.stopping.signal,
  });
  return Object.assign(it, verbs);
}

interface Reader {
  readonly next: () => Promise<{ keys: readonly string[]; current: boolean; missed: boolean }>;
  readonly leave: () => Promise<void>;
}

/** Opens a watch; messages are made only as they are asked for. */
function read({ watch }: ReturnType<typeof scene>, request: Partial<admin.WatchRequest>): Reader {
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const whole = { kind: 0, cluster: "", namespace: "", node: "", withinSeconds: 0, ...request };
  const messages = watch(whole as admin.WatchRequest, undefined as never, gone.signal)[
    Symbol.asyncIterator
  ]();
  return {
    next: async () => {
      const { value, done } = await messages.next();
      if (done === true) throw new Error("the stream has ended");
      const { items = [], current = false, missed = false } = value;
      const keys = items.map((item) => `${item.value?.case === undefined ? "-" : "+"}${item.key ?? ""}`);
      return { keys, current, missed };
    },
    leave: async () => {
      gone.abort();
      await messages.return?.();
    },
  };
}

it("tells services as they are, then what is new, different and gone", async () => {
  const it = scene();
  const reader = read(it, { kind: WatchedKind.SERVICES });
  expect(await reader.next()).toEqual({ keys: ["+shop/web"], current: true, missed: false });
  it.world = worldAfter(
    it.world,
    fact("reach", "a", { namespace: "shop", key: "web/n1", value: reachFact(1, false) }),
  );
  expect((await reader.next()).keys).toEqual(["+shop/web"]);
  it.world = worldAfter(
    it.world,
    fact("export", "a", { namespace: "pay", key: "api", value: exportFact(1) }),
  );
  expect((await reader.next()).keys).toEqual(["+pay/api"]);
  it.world = worldAfter(it.world, fact("export", "a", { namespace: "pay", key: "api", value: undefined }));
  expect((await reader.next()).keys).toEqual(["-pay/api"]);
});

it("gives a slow reader the latest of each key once, however much happened", async () => {
  const it = scene();
  const reader = read(it, { kind: WatchedKind.SERVICES });
  await reader.next();
  for (let index = 0; index < 1_000; index++) {
    const value = reachFact(1, index % 2 === 0);
    it.world = worldAfter(it.world, fact("reach", "a", { namespace: "shop", key: "web/n1", value }));
  }
  it.world = worldAfter(
    it.world,
    fact("export", "a", { namespace: "pay", key: "api", value: exportFact(1) }),
  );
  expect((await reader.next()).keys.toSorted()).toEqual(["+pay/api", "+shop/web"]);
});

it("sends a large beginning in parts, and says at the last that it is current", async () => {
  const it = scene();
  const upserts = Array.from({ length: 250 }, (_, index) => [`api${index}`, exportFact(1)] as const);
  const shard = { kind: "export", origin: "a", namespace: "pay" } as const;
  it.world = worldAfter(it.world, { type: "section", shard, upserts, removed: [], complete: true });
  const reader = read(it, { kind: WatchedKind.SERVICES });
  const messages = [await reader.next(), await reader.next(), await reader.next()];
  expect(messages.map(({ keys, current }) => [keys.length, current])).toEqual([
    [100, false],
    [100, false],
    [51, true],
  ]);
  expect(new Set(messages.flatMap(({ keys }) => keys)).size).toBe(251);
});

it("narrows services to a namespace or an exporting cluster", async () => {
  const it = scene();
  it.world = worldAfter(it.world, ...clusterFacts("b", 2));
  it.world = worldAfter(
    it.world,
    fact("export", "b", { namespace: "pay", key: "api", value: exportFact(2) }),
  );
  expect((await read(it, { kind: WatchedKind.SERVICES, cluster: "a" }).next()).keys).toEqual(["+shop/web"]);
  expect((await read(it, { kind: WatchedKind.SERVICES, namespace: "pay" }).next()).keys).toEqual([
    "+pay/api",
  ]);
});

it("tells routes of one cluster, and refuses one that is no member", async () => {
  const it = scene();
  it.world = worldAfter(it.world, ...clusterFacts("b", 2));
  const reader = read(it, { kind: WatchedKind.ROUTES, cluster: "b" });
  expect((await reader.next()).keys).toContain("+install 10.101.0.80/32");
  it.world = worldAfter(it.world, fact("export", "a", { namespace: "shop", key: "web", value: undefined }));
  expect((await reader.next()).keys).toContain("-install 10.101.0.80/32");
  await expect(read(it, { kind: WatchedKind.ROUTES, cluster: "zz" }).next()).rejects.toThrow(
    /No cluster "zz"/,
  );
});

it("takes beats and counters of a cluster for no change", async () => {
  const it = scene();
  const cluster = (fields: Partial<ClusterInit>): ClusterInit => ({
    name: "a",
    state: 2,
    lastSeenUnixUs: 1n,
    version: "1",
    address: "",
    nodes: 1,
    exports: 0,
    rangesAdmitted: 1,
    rangesQuarantined: 0,
    shardsWanted: 1,
    framesSent: 1n,
    framesAcked: 1n,
    reports: [],
    clockOffsetUs: 0n,
    asn: 0,
    awaited: [],
    ...fields,
  });
  it.clusters = [cluster({})];
  const reader = read(it, { kind: WatchedKind.CLUSTERS });
  expect((await reader.next()).keys).toEqual(["+a"]);
  it.clusters = [cluster({ lastSeenUnixUs: 2n, framesSent: 9n, clockOffsetUs: 5n })];
  const looks = it.looks;
  const next = reader.next();
  await expect.poll(() => it.looks, { timeout: 10_000 }).toBeGreaterThan(looks);
  it.clusters = [cluster({ state: 3 }), cluster({ name: "b" })];
  expect((await next).keys).toEqual(["+a", "+b"]);
});

it("tells events from the asked time on, then each as it happens, and what was forgotten", async () => {
  const it = scene();
  const note = (cluster: string) =>
    it.journal.note({ kind: "SessionOpened", cluster, subject: "session", message: "" });
  note("a");
  note("b");
  const reader = read(it, { kind: WatchedKind.EVENTS, cluster: "b" });
  expect(await reader.next()).toMatchObject({ keys: ["+2@7"], current: true });
  note("b");
  expect(await reader.next()).toMatchObject({ keys: ["+3@7"], current: false, missed: false });
  for (let index = 0; index < 1_001; index++) note(`c${index}`);
  note("b");
  const after = await reader.next();
  expect(after).toMatchObject({ keys: ["+1005@7"], missed: true });
  expect((await read(it, { kind: WatchedKind.EVENTS, withinSeconds: 1 }).next()).keys).toEqual([]);
});

it("serves no more watches than it may, and lets one go with its reader", async () => {
  const it = scene();
  const readers = Array.from({ length: watchesMax }, () => read(it, { kind: WatchedKind.CLUSTERS }));
  for (const reader of readers) await reader.next();
  await expect(read(it, { kind: WatchedKind.CLUSTERS }).next()).rejects.toThrow(/serves 64 watches already/);
  await readers[0]?.leave();
  expect(await read(it, { kind: WatchedKind.CLUSTERS }).next()).toMatchObject({ current: true });
});

it("ends with a status to come back by when the hub stops, and refuses what it does not know", async () => {
  const it = scene();
  const reader = read(it, { kind: WatchedKind.CLUSTERS });
  await reader.next();
  it.stopping.abort();
  await expect(reader.next()).rejects.toThrow(/stopping; connect again/);
  await expect(read(it, { kind: 9 as admin.WatchRequest["kind"] }).next()).rejects.toThrow(
    /Cannot watch kind 9/,
  );
});
