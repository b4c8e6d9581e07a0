// The keeper stores before it publishes, publishes the latest of everything, and agrees with the full pass.

import { completeness, emptyWorld, keysOf, lookup, nothingDeclared, shardIds, shardKey } from "@sealane/core";
import type { ShardId } from "@sealane/core";
import { encodeValue } from "@sealane/wire";
import type { Section, Values } from "@sealane/wire";
import { expect, it, vi } from "vitest";
import { Clusters } from "./clusters.ts";
import type { Intake } from "./intake.ts";
import { takeSections } from "./intake.ts";
import { Keeper } from "./keeper.ts";
import { loadDurable } from "./records.ts";
import { memoryDisk, openMemoryStore } from "./store/memory.ts";
import type { Store } from "./store/store.ts";
import { exportFact, reachFact } from "./testing/facts.ts";
import { noCache } from "./testing/no-cache.ts";
import { clusterSections, wholeSection } from "./testing/sections.ts";

/** A store whose writes wait until they are let go, or fail. */
function gated(inner: Store) {
  const waiting: { go: () => void; fail: () => void }[] = [];
  const write: Store["write"] = async (changes) => {
    await new Promise<void>((resolve, reject) => {
      waiting.push({ go: resolve, fail: () => reject(new Error("disk full")) });
    });
    return inner.write(changes);
  };
  return { store: { ...inner, write }, waiting };
}

function setUp() {
  const disk = memoryDisk();
  const { store, waiting } = gated(openMemoryStore(disk));
  const stored: unknown[] = [];
  const keeper = new Keeper({
    world: emptyWorld({ ...nothingDeclared, meshZone: "mesh.example" }),
    store,
    epoch: 9n,
    marks: [],
    observedUnixUs: () => undefined,
    onPublished: () => {},
    onRound: () => {},
    onStored: (error) => stored.push(error),
  });
  const clusters = new Clusters();
  const intake: Intake = {
    cache: noCache,
    world: () => keeper.world,
    take: (facts, at) => keeper.take(facts, at),
  };
  const take = (name: string, sections: readonly Section[]): boolean =>
    takeSections(intake, { cluster: clusters.of(name), speaker: { cluster: name, epoch: 1n }, sections });
  return { disk, waiting, stored, keeper, take };
}

const importShard: ShardId = { kind: "import", origin: "", namespace: "shop" };
const reachShard: ShardId = { kind: "reach", origin: "a", namespace: "shop" };

/** Lets every write go until nothing waits any more. */
async function flush(waiting: { go: () => void }[], keeper: Keeper): Promise<void> {
  await vi.waitFor(() => {
    for (const write of waiting.splice(0)) write.go();
    expect(keeper.publishedWorld).toBe(keeper.world);
  });
}

function expectFullPass(keeper: Keeper): void {
  for (const id of shardIds(keeper.world)) {
    const published = [...keeper.published.entries(id)].map(([key, { value }]) => [
      key,
      Buffer.from(value).toString("hex"),
    ]);
    const full = keysOf(keeper.world, id).map((key) => {
      const value = lookup(keeper.world, id, key) as Values[typeof id.kind];
      return [key, Buffer.from(encodeValue(id.kind, value)).toString("hex")];
    });
    expect([shardKey(id), published.toSorted()]).toEqual([shardKey(id), full.toSorted()]);
    expect([shardKey(id), keeper.published.state(id)?.complete ?? false]).toEqual([
      shardKey(id),
      completeness(keeper.world, id),
    ]);
  }
}

it("publishes an export, and what hangs on it, only after both are stored", async () => {
  const { disk, waiting, keeper, take } = setUp();
  take("a", clusterSections("a", 1));
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  take("a", [
    wholeSection("a", { kind: "reach", namespace: "shop", sequence: 2n }, { "web/n1": reachFact(1, false) }),
  ]);
  expect(keeper.published.states()).toEqual([]);
  await flush(waiting, keeper);
  const durable = await loadDurable(openMemoryStore(disk));
  expect(durable.clusters.map(({ name, exports }) => [name, exports.map((it) => it.fact)])).toEqual([
    ["a", [exportFact(1)]],
  ]);
  expect(durable.book.map(({ prefix }) => prefix)).toContain("10.1.0.0/16");
  expect(keeper.published.entry(reachShard, "web/n1")?.value).toEqual(
    encodeValue("reach", reachFact(1, false)),
  );
  expectFullPass(keeper);
});

it("stores how far it got before anything merged is published, and pods and nodes need no mark", async () => {
  const { disk, waiting, keeper, take } = setUp();
  const mark = async () => (await loadDurable(openMemoryStore(disk))).marks.at(-1)?.sequence ?? 0n;
  const merged = () =>
    keeper.published
      .states()
      .filter(({ id }) => id.origin === "")
      .map(({ position }) => position.sequence);
  for (const [at, section] of [...clusterSections("a", 1), ...clusterSections("b", 2)].entries()) {
    take(section.id.origin, [section]);
    await flush(waiting, keeper);
    expect(merged().filter((sequence) => sequence > 1n).length > 0 || at < 5).toBe(true);
    expect(Math.max(0, ...merged().map(Number))).toBeLessThanOrEqual(Number(await mark()) || 1);
  }
  const before = await mark();
  take("a", [
    wholeSection("a", { kind: "reach", namespace: "shop", sequence: 2n }, { "web/n1": reachFact(1, false) }),
  ]);
  expect(keeper.published.state(reachShard)?.position.sequence).toBeGreaterThan(before);
  expect(await mark()).toBe(before);
});

it("publishes pods and nodes at once, without the store", async () => {
  const { waiting, keeper, take } = setUp();
  take("a", clusterSections("a", 1));
  await flush(waiting, keeper);
  const noted: string[] = [];
  keeper.follow({
    note: (id, key) => noted.push(`${shardKey(id)} ${key}`),
    noteComplete: () => {},
    wake: () => noted.push("wake"),
  });
  take("a", [
    wholeSection("a", { kind: "reach", namespace: "shop", sequence: 2n }, { "web/n1": reachFact(1, false) }),
  ]);
  expect(noted).toEqual(["reach|a|shop web/n1", "wake"]);
  expect(waiting).toEqual([]);
});

it("tries a refused write again, with what came meanwhile, and publishes nothing until it is taken", async () => {
  vi.useFakeTimers();
  try {
    const { waiting, stored, keeper, take } = setUp();
    take("a", clusterSections("a", 1));
    waiting.splice(0)[0]?.fail();
    await vi.advanceTimersByTimeAsync(10);
    expect(stored.map(String)).toEqual(["Error: disk full"]);
    take("b", clusterSections("b", 2));
    expect(keeper.published.states()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(waiting).toHaveLength(1);
    waiting.splice(0)[0]?.go();
    await vi.advanceTimersByTimeAsync(10);
    expect(keeper.published.entry(importShard, "web")).toBeDefined();
    expect(stored.at(-1)).toBeUndefined();
    expectFullPass(keeper);
  } finally {
    vi.useRealTimers();
  }
});

it("agrees with the full pass after joins, changes, removals and a whole shard said again", async () => {
  const { waiting, keeper, take } = setUp();
  const second = { ...exportFact(1), uid: "uid-other" };
  const steps: readonly (readonly [string, readonly Section[]])[] = [
    ["a", clusterSections("a", 1).slice(0, 3)],
    ["b", clusterSections("b", 2)],
    ["a", clusterSections("a", 1).slice(3)],
    [
      "a",
      [
        wholeSection(
          "a",
          { kind: "export", namespace: "shop", sequence: 2n },
          { web: exportFact(1), api: second },
        ),
      ],
    ],
    ["a", [wholeSection("a", { kind: "export", namespace: "other" }, { web: exportFact(1) })]],
    ["a", [wholeSection("a", { kind: "export", namespace: "shop", sequence: 3n }, { api: second })]],
    ["b", [wholeSection("b", { kind: "reach", namespace: "shop", sequence: 2n }, {})]],
  ];
  for (const [name, sections] of steps) {
    take(name, sections);
    await flush(waiting, keeper);
    expectFullPass(keeper);
  }
  expect(keeper.published.entry(importShard, "api")).toBeDefined();
});
