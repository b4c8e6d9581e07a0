// What a cluster sends is held to its bounds, and a broken shard leaves world and shards in step.

import { emptyWorld, reduce } from "@sealane/core";
import type { World } from "@sealane/core";
import { expect, it } from "vitest";
import { ClusterState } from "./clusters.ts";
import { factKeys } from "./fact-keys.ts";
import { takeSections } from "./intake.ts";
import { exportFact, reachFact } from "./testing/facts.ts";
import { noCache } from "./testing/no-cache.ts";
import { clusterSections, wholeSection } from "./testing/sections.ts";
import type { Section } from "@sealane/wire";

function setUp() {
  const cluster = new ClusterState("a");
  let world: World = emptyWorld();
  const intake = {
    cache: noCache,
    world: () => world,
    take: (facts: Parameters<Parameters<typeof takeSections>[0]["take"]>[0]) => {
      for (const fact of facts) world = reduce(world, fact).world;
    },
  };
  const take = (...sections: Section[]) =>
    takeSections(intake, { cluster, speaker: { cluster: "a", epoch: 1n }, sections });
  const keys = () => [...factKeys(world, exportsId)].toSorted();
  return { cluster, take, keys, world: () => world };
}

const exportsId = { kind: "export", origin: "a", namespace: "shop" } as const;
const exportsOf = (names: readonly string[], sequence: bigint): Section =>
  wholeSection(
    "a",
    { kind: "export", namespace: "shop", sequence },
    Object.fromEntries(names.map((name) => [name, exportFact(1)])),
  );

it("takes what came before the fault of a frame, and counts entries", () => {
  const { cluster, take, keys } = setUp();
  const bad = { ...exportsOf(["api"], 2n), id: { ...exportsId, origin: "b" } };
  expect(() => take(exportsOf(["web"], 1n), bad)).toThrow(/may not speak for "b"/);
  expect(keys()).toEqual(["web"]);
  expect([cluster.entries, cluster.shards]).toEqual([1, 1]);
});

it("brings world and shard together again after a sum that did not agree", () => {
  const { cluster, take, keys } = setUp();
  take(exportsOf(["api", "web"], 1n));
  expect(() => take({ ...exportsOf(["new", "web"], 2n), sum: 1n })).toThrow(/sum of shard/);
  expect(cluster.received.state(exportsId)?.complete).toBe(false);
  expect(keys()).toContain("new");
  take(exportsOf(["new", "web"], 3n));
  expect(keys()).toEqual(["new", "web"]);
  expect([...cluster.received.entries(exportsId).keys()].toSorted()).toEqual(["new", "web"]);
});

it("holds what is older than what it has", () => {
  const { take, keys } = setUp();
  take(exportsOf(["web"], 5n));
  take(exportsOf([], 4n));
  expect(keys()).toEqual(["web"]);
});

it("takes endpoints that are on no node, and no key without a node's place", () => {
  const { take, world } = setUp();
  const reach = (key: string, sequence: bigint) =>
    wholeSection("a", { kind: "reach", namespace: "shop", sequence }, { [key]: reachFact(1, true) });
  take(reach("db/", 1n));
  expect([...factKeys(world(), { kind: "reach", origin: "a", namespace: "shop" })]).toEqual(["db/"]);
  expect(() => take(reach("db", 2n))).toThrow(/cannot have the key "db"/);
});

it.each([
  ["by its last kind", clusterSections("a", 1).filter(({ id }) => id.kind !== "reach")],
  ["by every namespace's exports and pods", clusterSections("a", 1).filter(({ id }) => id.kind !== "path")],
])("knows that everything was said %s, and not a shard earlier", (_, sections) => {
  const { take, world } = setUp();
  for (const section of sections) {
    expect(world().origins.get("a")?.synced ?? false).toBe(false);
    take(section);
  }
  expect(world().origins.get("a")?.synced).toBe(true);
});

/** What a cluster says whose namespace goes, with what was in it. */
const emptied = (sequence: bigint): readonly Section[] => [
  wholeSection("a", { kind: "namespace", sequence }, {}),
  wholeSection("a", { kind: "export", namespace: "shop", sequence }, {}),
  wholeSection("a", { kind: "reach", namespace: "shop", sequence }, {}),
];

it.each([
  ["before", emptied(2n)],
  ["after", emptied(2n).toReversed()],
])("counts no shards of a namespace that goes %s its content, and takes it again", (_, sections) => {
  const { cluster, take, keys } = setUp();
  take(...clusterSections("a", 1));
  expect([cluster.entries, cluster.shards]).toEqual([5, 6]);
  take(...sections);
  expect([cluster.entries, cluster.shards, cluster.received.states().length]).toEqual([2, 4, 4]);
  take(wholeSection("a", { kind: "namespace", sequence: 3n }, { shop: {} }), exportsOf(["web"], 3n));
  expect([cluster.entries, cluster.shards, keys()]).toEqual([4, 5, ["web"]]);
});

it("keeps no report of a node that is gone, and of one that was never told none", () => {
  const { cluster, take } = setUp();
  const report = (node: string) => cluster.keepReport({ node, counts: [], findings: [], observedUnixUs: 1n });
  report("early");
  take(...clusterSections("a", 1));
  for (const node of ["", "n1", "n2"]) report(node);
  expect([...cluster.reports.keys()]).toEqual(["", "n1"]);
  take(wholeSection("a", { kind: "node", sequence: 2n }, {}));
  expect([...cluster.reports.keys()]).toEqual([""]);
});
