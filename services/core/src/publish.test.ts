// What is published of whom: nothing of a quarantined range, winners that outlive a restart, and shards that
// are called whole only when absence in them means something.

import { describe, expect, test } from "vitest";
import {
  clusterDocument,
  clusterFact,
  declared,
  exportFact,
  healthy,
  incomplete,
  nodeFact,
  pod,
  range,
  rangesOf,
  reachFact,
  removal,
  section,
  worldOf,
} from "../testing/mk.ts";
import { publishedEntries, publishedText } from "../testing/published.ts";
import {
  completeness,
  emptyWorld,
  keysOf,
  lookup,
  reduce,
  restoreWorld,
  select,
  shardIds,
  shardKey,
  storedWorld,
  viewOf,
  type Fact,
  type ShardId,
  type World,
} from "./index.ts";

const both = [...healthy("a", 1), ...healthy("b", 2)];
const id = (kind: ShardId["kind"], origin = "", namespace = ""): ShardId => ({ kind, origin, namespace });
const ranges = (cluster: string, list: Parameters<typeof clusterFact>[0], more = {}) =>
  section({ cluster, kind: "cluster" }, { "": clusterFact(list, more) });

describe("of a quarantined range nothing is published", () => {
  /** A third cluster whose IPv4 pods and services overlap those of `a`; its nodes and IPv6 are its own. */
  const newcomer: readonly Fact[] = [
    ranges(
      "c",
      [
        ...rangesOf(3).filter((it) => it.kind === "node" || it.prefix.includes(":")),
        range("pod", "10.1.0.0/16"),
        range("service", "10.101.128.0/17"),
      ],
      { dnsAddresses: ["10.101.128.53", "fd00:3:1::53"] },
    ),
    section(
      { cluster: "c", kind: "node" },
      {
        c1: { ...nodeFact(3, 1), podPrefixes: ["10.1.77.0/24", "fd00:3::100/120"] },
        c2: nodeFact(3, 2, { addresses: ["192.0.2.9"] }),
      },
    ),
    section(
      { cluster: "c", kind: "export", namespace: "shop" },
      {
        web: exportFact({ createdAt: 1, clusterAddresses: ["10.101.128.80", "fd00:3:1::80"] }),
        only4: exportFact({ clusterAddresses: ["10.101.128.81"] }),
      },
    ),
    section(
      { cluster: "c", kind: "reach", namespace: "shop" },
      {
        "web/c1": reachFact([
          pod(["10.1.77.7", "fd00:3::107"]),
          pod(["10.1.77.8"]),
          pod(["172.16.0.31"], { hostname: "on-host" }),
        ]),
        "web/c2": reachFact([pod(["10.1.77.9"])]),
        "only4/c1": reachFact([pod(["fd00:3::108"])]),
      },
    ),
    { type: "synced", cluster: "c" },
  ];
  const world = worldOf([...both, ...newcomer]);

  test("the member is told which, whose, where, and the rest is admitted", () => {
    const refused = viewOf(world)
      .member("c")!
      .ranges.filter((verdict) => !verdict.admitted);
    expect(refused).toMatchObject([
      {
        prefix: "10.1.0.0/16",
        reason: "RangeOverlap",
        owner: "a",
        ownerPrefix: "10.1.0.0/16",
        overlap: "10.1.0.0/16",
      },
      {
        prefix: "10.101.128.0/17",
        reason: "RangeOverlap",
        owner: "a",
        ownerPrefix: "10.101.0.0/16",
        overlap: "10.101.128.0/17",
      },
    ]);
  });

  test("nodes, pods, services and DNS lose their addresses there", () => {
    expect(lookup(world, id("node", "c"), "c1")).toEqual({
      ...nodeFact(3, 1),
      podPrefixes: ["fd00:3::100/120"],
    });
    expect(lookup(world, id("node", "c"), "c2")).toMatchObject({ addresses: [] });
    expect(lookup(world, id("reach", "c", "shop"), "web/c1")).toMatchObject({
      groups: [{ pods: [{ addresses: ["fd00:3::107"] }, { addresses: ["172.16.0.31"] }] }],
    });
    expect(lookup(world, id("import", "", "shop"), "web")).toMatchObject({
      owner: "c",
      exporters: [{}, {}, { cluster: "c", clusterAddresses: ["fd00:3:1::80"] }],
    });
    expect(lookup(world, id("stub"), "c")).toMatchObject({ addresses: ["fd00:3:1::53"] });
    expect(keysOf(world, id("reach", "c", "shop"))).toEqual(["web/c1"]);
  });

  test("an export without any address left is refused, with the address and the cure", () => {
    expect(lookup(world, id("import", "", "shop"), "only4")).toBeUndefined();
    expect(lookup(world, id("exportStatus", "c", "shop"), "only4")).toMatchObject({
      accepted: false,
      reason: "AddressOutsideRanges",
      message: expect.stringMatching(/10\.101\.128\.81.*"c".*sealane get ranges/),
    });
  });

  test("others see what they saw before, but for the older export of the newcomer", () => {
    const mine = (entries: ReadonlyMap<string, string>) =>
      [...entries].filter(([key]) => !/\|c\||import|exportStatus| c$/.test(key));
    expect(mine(publishedEntries(world))).toEqual(mine(publishedEntries(worldOf(both))));
  });

  test("its correction admits it", () => {
    const corrected = worldOf([ranges("c", rangesOf(3))], world);
    expect(
      viewOf(corrected)
        .member("c")!
        .ranges.every((verdict) => verdict.admitted),
    ).toBe(true);
  });

  test("when the owner gives the range up, the waiting cluster has it, and all that lies in it", () => {
    const freed = reduce(world, ranges("a", rangesOf(7))).world;
    expect(viewOf(freed).member("c")!.ranges).toContainEqual(
      expect.objectContaining({
        prefix: "10.1.0.0/16",
        admitted: false,
        reason: "RangeReleasing",
        owner: "a",
      }),
    );
    const members = [["b", 1] as const, ["c", 1] as const];
    const { world: moved, touched } = reduce(freed, { type: "letGo", members });
    expect(
      viewOf(moved)
        .member("c")!
        .ranges.every((verdict) => verdict.admitted),
    ).toBe(true);
    expect(touched).toContainEqual({ shard: shardKey(id("reach", "c", "shop")), key: "only4/c1" });
    expect(lookup(moved, id("exportStatus", "c", "shop"), "only4")).toMatchObject({ accepted: true });
  });
});

test("pods are published of exported services and of mesh-dns only", () => {
  const world = worldOf([
    ...healthy("a", 1),
    section(
      { cluster: "a", kind: "reach", namespace: "shop" },
      { "secret/a1": reachFact([pod(["10.1.1.9"])]) },
    ),
  ]);
  expect(keysOf(world, id("reach", "a", "shop"))).toEqual(["web/a1", "web/a2"]);
  expect(keysOf(world, id("reach", "a", "sealane-system"))).toEqual(["mesh-dns/a1"]);
  const refused = worldOf(
    healthy("a", 1),
    emptyWorld(declared({}, [clusterDocument("a", { exportNamespaces: ["blog"] })])),
  );
  expect(keysOf(refused, id("reach", "a", "shop"))).toEqual([]);
  expect(lookup(refused, id("exportStatus", "a", "shop"), "web")).toMatchObject({
    reason: "NamespaceNotAllowed",
    message: expect.stringContaining('"blog"'),
  });
});

test("each cluster gets everybody's shards, but decisions about its own exports only", () => {
  const world = worldOf(both);
  const shards = select(world, "b");
  expect(shards.filter((it) => it.kind === "exportStatus")).toEqual([id("exportStatus", "b", "shop")]);
  expect(shards.filter((it) => it.kind !== "exportStatus")).toEqual(
    shardIds(world).filter((it) => it.kind !== "exportStatus"),
  );
  expect(shards.map(shardKey)).toEqual([
    "member||",
    "node|a|",
    "node|b|",
    "import||shop",
    "reach|a|sealane-system",
    "reach|a|shop",
    "reach|b|sealane-system",
    "reach|b|shop",
    "exportStatus|b|shop",
    "stub||",
  ]);
});

describe("after a restart", () => {
  const before = worldOf(both);
  const restored = restoreWorld(before.declared, storedWorld(before));
  const merged = (world: World) =>
    [...publishedEntries(world)].filter(([key]) => /^(member|stub|import|exportStatus)/.test(key));

  test("winners, ranges and names are what they were while every exporter is silent", () => {
    expect(merged(restored)).toEqual(merged(before));
    expect(completeness(restored, id("import", "", "shop"))).toBe(true);
    expect(completeness(restored, id("reach", "a", "shop"))).toBe(false);
    expect(completeness(restored, id("node", "a"))).toBe(false);
  });

  test("it is the same world once everybody has spoken", () => {
    expect(publishedText(worldOf(both, restored))).toBe(publishedText(before));
  });

  test("a younger export does not win because the oldest is silent", () => {
    const world = worldOf(healthy("b", 2), restored);
    expect(lookup(world, id("import", "", "shop"), "web")).toMatchObject({
      owner: "a",
      exporters: [{ cluster: "a" }, { cluster: "b" }],
    });
  });

  test("an export that its cluster does not repeat goes at the end of its shard, not before", () => {
    const none = section(
      { cluster: "a", kind: "export", namespace: "shop" },
      { api: exportFact({ clusterAddresses: ["10.101.0.81"] }) },
    );
    const still = worldOf([incomplete(none)], restored);
    expect(lookup(still, id("exportStatus", "a", "shop"), "web")).toBeDefined();
    expect(lookup(worldOf([none], still), id("exportStatus", "a", "shop"), "web")).toBeUndefined();
  });

  test("a namespace of which its cluster says nothing goes when it has said everything", () => {
    const world = worldOf([{ type: "synced", cluster: "a" }], restored);
    expect(lookup(world, id("import", "", "shop"), "web")).toMatchObject({
      owner: "b",
      exporters: [{ cluster: "b" }],
    });
  });

  test("who holds a claim but is otherwise unknown keeps what is merged from being whole, until he left", () => {
    const stored = storedWorld(before);
    const half = restoreWorld(before.declared, {
      ...stored,
      clusters: stored.clusters.filter((it) => it.name === "b"),
    });
    expect(completeness(half, id("member"))).toBe(false);
    expect(
      lookup(reduce(half, ranges("c", [range("pod", "10.1.0.0/16")])).world, id("member"), "c"),
    ).toMatchObject({ ranges: [{ owner: "a" }] });
    expect(completeness(worldOf([{ type: "forget", cluster: "a" }], half), id("member"))).toBe(true);
  });
});

describe("whole shards", () => {
  const start = worldOf([]);

  test("a world without clusters knows nothing", () => {
    expect(["member", "stub", "import"].map((kind) => completeness(start, id(kind as "member")))).toEqual([
      false,
      false,
      false,
    ]);
    expect(completeness(start, id("node", "a"))).toBe(false);
  });

  test("before its ranges are known a cluster's shards are not whole and nothing of it is judged", () => {
    const world = worldOf(healthy("a", 1).slice(1));
    expect(publishedEntries(world)).toEqual(new Map());
    expect(
      ["node", "reach", "exportStatus"].map((kind) => completeness(world, id(kind as "node", "a", "shop"))),
    ).toEqual([false, false, false]);
    expect(completeness(world, id("import", "", "shop"))).toBe(false);
  });

  test("merged shards wait for every cluster", () => {
    const world = worldOf([...healthy("a", 1), ...healthy("b", 2).slice(0, -1)]);
    expect(completeness(world, id("import", "", "shop"))).toBe(false);
    expect(completeness(world, id("reach", "b", "shop"))).toBe(true);
    expect(completeness(world, id("reach", "b", "blog"))).toBe(false);
    expect(completeness(worldOf([{ type: "synced", cluster: "b" }], world), id("reach", "b", "blog"))).toBe(
      true,
    );
  });

  test("a cluster that left has nothing, for sure", () => {
    const world = worldOf([...both, { type: "forget", cluster: "a" }]);
    expect(completeness(world, id("node", "a"))).toBe(true);
    expect(keysOf(world, id("node", "a"))).toEqual([]);
    expect(completeness(worldOf([incomplete(healthy("a", 1)[0]!)], world), id("node", "a"))).toBe(false);
  });
});

test("other documents change zones and numbers, and forbid what is new", () => {
  const world = worldOf([
    ...both,
    {
      type: "declared",
      declared: declared({ meshZone: "other.example", reserved: ["10.2.0.0/16"] }, [
        clusterDocument("a", { asn: 65001 }),
      ]),
    },
  ]);
  expect(lookup(world, id("stub"), "a")).toMatchObject({
    zone: "a.other.example",
    meshZone: "other.example",
  });
  expect(lookup(world, id("member"), "a")).toMatchObject({ asn: 65001 });
  expect(
    viewOf(world)
      .member("b")!
      .ranges.every((verdict) => verdict.admitted),
  ).toBe(true);
});

test("an export that goes takes its status, its import and its pods", () => {
  const { world, touched } = reduce(
    worldOf(healthy("a", 1)),
    removal({ cluster: "a", kind: "export", namespace: "shop" }, ["web"]),
  );
  expect(touched.map((it) => `${it.shard} ${it.key}`).toSorted()).toEqual([
    "exportStatus|a|shop web",
    "import||shop web",
    "reach|a|shop web/a1",
    "reach|a|shop web/a2",
  ]);
  expect([...publishedEntries(world).keys()].filter((key) => key.includes("shop"))).toEqual([]);
});
