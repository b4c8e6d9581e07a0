// Who belongs to the clusterset and whose Services make up one service of it (KEP-1645), from what clusters say to what
// each of them imports.

import { expect, test } from "vitest";
import {
  clusterDocument,
  declared,
  exportFact,
  healthy,
  pod,
  reachFact,
  removal,
  section,
  worldOf,
} from "../testing/mk.ts";
import {
  emptyWorld,
  keysOf,
  localiseImport,
  localiseSlices,
  lookup,
  mayRemoveEndpoints,
  mayRemoveImport,
  select,
  shardKey,
  viewOf,
} from "./index.ts";
import type { Fact, World } from "./index.ts";

const clusters = ["a", "b", "c"] as const;
const three = [...healthy("a", 1), ...healthy("b", 2), ...healthy("c", 3)];
const members = { kind: "member", origin: "", namespace: "" } as const;

const sourcesOf = (world: World, namespace: string, name: string) => [
  ...new Set(localiseSlices(viewOf(world), namespace, name, "b").map(({ cluster }) => cluster)),
];
const exportersOf = (world: World, namespace: string, name: string) =>
  viewOf(world)
    .import(namespace, name)
    ?.exporters.map(({ cluster }) => cluster);

/** What a cluster is sent, but for the decisions about its own exports. */
function sentTo(world: World, cluster: string): readonly string[] {
  return select(world, cluster)
    .filter(({ kind }) => kind !== "exportStatus")
    .flatMap((id) => keysOf(world, id).map((key) => `${shardKey(id)} ${key}`));
}

test("members know each other alike, and nobody else: joining one is joining all (MCS 1)", () => {
  const world = worldOf(three);
  expect(keysOf(world, members)).toEqual(clusters);
  for (const cluster of clusters) expect(sentTo(world, cluster)).toEqual(sentTo(world, "a"));
  const before = worldOf([...healthy("a", 1), ...healthy("b", 2)]);
  expect(sentTo(before, "a").filter((entry) => entry.includes("|c|") || entry.endsWith(" c"))).toEqual([]);
  for (const other of ["a", "b"] as const) {
    const news = sentTo(world, other).filter((entry) => !sentTo(before, other).includes(entry));
    expect(news).toEqual(expect.arrayContaining(["member|| c", "node|c| c1", "reach|c|shop web/c1"]));
  }
});

test("one namespace and name is one service of all who export it, in another namespace it is another (MCS 4, 9)", () => {
  const world = worldOf([
    ...three,
    section(
      { cluster: "c", kind: "export", namespace: "blog" },
      { web: exportFact({ uid: "blog", createdAt: 1, clusterAddresses: ["10.103.0.81"] }) },
    ),
    section({ cluster: "c", kind: "reach", namespace: "blog" }, { "web/c1": reachFact([pod(["10.3.1.9"])]) }),
  ]);
  expect([exportersOf(world, "shop", "web"), sourcesOf(world, "shop", "web")]).toEqual([clusters, clusters]);
  expect([exportersOf(world, "blog", "web"), sourcesOf(world, "blog", "web")]).toEqual([["c"], ["c"]]);
  expect(viewOf(world).import("shop", "web")?.owner).toBe("a");
  expect([...viewOf(world).imports()].map(([namespace, name]) => `${namespace}/${name}`).toSorted()).toEqual([
    "blog/web",
    "shop/web",
  ]);
});

test("a Service without an export of its own gives nothing, though others export its name (MCS 8)", () => {
  const unexported: Fact = removal({ cluster: "b", kind: "export", namespace: "shop" }, ["web"]);
  const world = worldOf([...three, unexported]);
  // Its pods are still told: what decides is the export.
  expect(world.origins.get("b")?.reach.get("shop")?.services.get("web")?.size).toBe(2);
  expect(sourcesOf(world, "shop", "web")).toEqual(["a", "c"]);
  expect(exportersOf(world, "shop", "web")).toEqual(["a", "c"]);
  expect(keysOf(world, { kind: "reach", origin: "b", namespace: "shop" })).toEqual([]);
  expect(localiseImport(viewOf(world), "shop", "web")?.service.owner).toBe("a");
});

test("an export that is taken back ends, and the last one takes the service with it (MCS 10)", () => {
  let world = worldOf(three);
  for (const [cluster, left] of [
    ["a", ["b", "c"]],
    ["c", ["b"]],
    ["b", undefined],
  ] as const) {
    world = worldOf([removal({ cluster, kind: "export", namespace: "shop" }, ["web"])], world);
    expect(exportersOf(world, "shop", "web")).toEqual(left);
    expect(sourcesOf(world, "shop", "web")).toEqual(left ?? []);
    expect(mayRemoveEndpoints(viewOf(world), "shop", "web", cluster)).toBe(true);
  }
  expect(mayRemoveImport(viewOf(world), "shop", "web", clusters)).toBe(true);
});

test("a cluster that left exports nothing any more, and what was imported of it may go (MCS 5)", () => {
  const left = worldOf([...three, { type: "forget", cluster: "a" }]);
  expect(keysOf(left, members)).toEqual(["b", "c"]);
  expect(exportersOf(left, "shop", "web")).toEqual(["b", "c"]);
  expect(viewOf(left).import("shop", "web")?.owner).toBe("b");
  expect(sourcesOf(left, "shop", "web")).toEqual(["b", "c"]);
  expect(mayRemoveEndpoints(viewOf(left), "shop", "web", "a")).toBe(true);
  // As soon as it is told to leave, and not only at the end.
  const leaving = worldOf([...three, { type: "depart", cluster: "a", departure: "withdrawing" }]);
  expect([exportersOf(leaving, "shop", "web"), sourcesOf(leaving, "shop", "web")]).toEqual([
    ["b", "c"],
    ["b", "c"],
  ]);
  const nobody = worldOf(
    clusters.map((cluster) => ({ type: "forget", cluster }) as const),
    left,
  );
  expect([
    viewOf(nobody).import("shop", "web"),
    mayRemoveImport(viewOf(nobody), "shop", "web", clusters),
  ]).toEqual([undefined, true]);
});

test("a cluster that comes back under another name is a newcomer, and its old name holds until it left (MCS 2)", () => {
  const renamed = section(
    { cluster: "d", kind: "export", namespace: "shop" },
    { web: exportFact({ uid: "a", createdAt: 1001, clusterAddresses: ["10.101.0.80"] }) },
  );
  const [ranges] = healthy("a", 1);
  if (ranges?.type !== "section") throw new Error("a healthy cluster begins with its ranges");
  const moved: Fact = { ...ranges, shard: { ...ranges.shard, origin: "d" } };
  const both = worldOf([...three, moved, renamed]);
  const statusOf = (world: World) =>
    lookup(world, { kind: "exportStatus", origin: "d", namespace: "shop" }, "web");
  expect(exportersOf(both, "shop", "web")).toEqual(clusters);
  expect(statusOf(both)).toMatchObject({ accepted: false, reason: "AddressOutsideRanges" });
  const gone = worldOf([{ type: "forget", cluster: "a" }], both);
  expect(gone.origins.has("a")).toBe(false);
  expect(exportersOf(gone, "shop", "web")).not.toContain("a");
});

test("documents say from which namespaces a cluster exports; of another nothing crosses, and its owner is told (MCS 15)", () => {
  const only = (...namespaces: string[]) =>
    declared({}, [clusterDocument("a", { exportNamespaces: namespaces })]);
  const status = (world: World) => viewOf(world).exportStatus("a", "shop", "web");
  const narrowed = worldOf(three, emptyWorld(only("blog", "default")));
  expect([exportersOf(narrowed, "shop", "web"), sourcesOf(narrowed, "shop", "web")]).toEqual([
    ["b", "c"],
    ["b", "c"],
  ]);
  expect(status(narrowed)).toMatchObject({
    accepted: false,
    reason: "NamespaceNotAllowed",
    message: expect.stringMatching(/"a" may not export from namespace "shop".*"blog", "default"/),
  });
  const widened = worldOf([{ type: "declared", declared: only("shop") }], narrowed);
  expect([exportersOf(widened, "shop", "web"), status(widened)?.accepted]).toEqual([clusters, true]);
});
