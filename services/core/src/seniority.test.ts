// Who is the oldest, over time: newcomers, clocks that differ, exports made anew, the oldest that goes. What a name is
// merged to follows from what is there alone, never from the order in which it came.

import fc from "fast-check";
import { expect, test } from "vitest";
import { anyConstituents, shuffled } from "../testing/any-exports.ts";
import { clusterFact, exportFact, rangesOf, removal, section, worldOf } from "../testing/mk.ts";
import {
  reduce,
  viewOf,
  type ExportFact,
  type ExportStatus,
  type Fact,
  type MergedService,
  type World,
} from "./index.ts";

const anHour = 3_600;
const noon = 1_700_000_000;

/** Cluster number `n` exports shop/web. */
function exporting(cluster: string, n: number, fact: Partial<ExportFact>): readonly Fact[] {
  return [
    section({ cluster, kind: "cluster" }, { "": clusterFact(rangesOf(n)) }),
    exportOf(cluster, fact),
    { type: "synced", cluster },
  ];
}

function exportOf(cluster: string, fact: Partial<ExportFact>): Fact {
  return section({ cluster, kind: "export", namespace: "shop" }, { web: exportFact(fact) });
}

function unexport(cluster: string): Fact {
  return removal({ cluster, kind: "export", namespace: "shop" }, ["web"]);
}

function merged(world: World): MergedService {
  return viewOf(world).import("shop", "web")!;
}

function statuses(world: World): readonly (readonly [string, ExportStatus])[] {
  return [...(world.services.get("shop")?.get("web")?.statuses ?? [])];
}

test("a newcomer that differs changes nothing but who is told (MCS 27, 28)", () => {
  const alone = worldOf(exporting("a", 1, { createdAt: noon }));
  const both = worldOf(
    exporting("b", 2, {
      createdAt: noon + 1,
      type: "Headless",
      sessionAffinity: "ClientIP",
      sessionAffinityTimeoutSeconds: 10,
      ports: [],
    }),
    alone,
  );
  const { exporters, ...own } = merged(both);
  expect({ ...own, exporters: exporters.filter((it) => it.cluster === "a") }).toEqual(merged(alone));
  expect(statuses(both).map(([cluster, { conflicts }]) => [cluster, conflicts])).toEqual([
    ["a", ["PortConflict", "SessionAffinityConflict", "TypeConflict"]],
    ["b", ["PortConflict", "SessionAffinityConflict", "TypeConflict"]],
  ]);
});

test("when the oldest goes, the next one's values hold, and the conflict is over (MCS 25, 28)", () => {
  const both = worldOf([
    ...exporting("a", 1, { createdAt: noon }),
    ...exporting("b", 2, { createdAt: noon + 1, type: "Headless" }),
  ]);
  expect(merged(both)).toMatchObject({ owner: "a", type: "ClusterSetIP" });
  const left = worldOf([unexport("a")], both);
  expect(merged(left)).toMatchObject({ owner: "b", type: "Headless" });
  expect(statuses(left)).toEqual([["b", { accepted: true, conflicts: [], message: "" }]]);
});

test("when the oldest goes and the next agrees, nothing changes but whose it is (MCS 28)", () => {
  const values = { labels: { x: "1" }, annotations: { y: "2" } };
  const both = worldOf([
    ...exporting("a", 1, { createdAt: noon, ...values }),
    ...exporting("b", 2, { createdAt: noon + 1, ...values }),
    ...exporting("c", 3, { createdAt: noon + 2, ...values }),
  ]);
  const left = worldOf([unexport("a")], both);
  const { owner, exporters, ...rest } = merged(left);
  expect([owner, exporters.map((it) => it.cluster)]).toEqual(["b", ["b", "c"]]);
  expect({ ...merged(both), owner, exporters }).toEqual({ ...rest, owner, exporters });
  for (const part of ["ports", "ipFamilies", "labels", "annotations"] as const)
    expect(merged(left)[part]).toBe(merged(both)[part]);
  const older = worldOf([exportOf("c", { createdAt: noon - 1, ...values })], left);
  expect(merged(older)).toEqual({ ...merged(left), owner: "c" });
  expect(merged(older).exporters).toBe(merged(left).exporters);
});

test("an export made anew is the youngest, whether its removal was seen or not (MCS 29)", () => {
  const both = worldOf([
    ...exporting("a", 1, { uid: "a1", createdAt: noon, type: "Headless" }),
    ...exporting("b", 2, { uid: "b1", createdAt: noon + 1 }),
  ]);
  expect(merged(both).owner).toBe("a");
  const again = exportOf("a", { uid: "a2", createdAt: noon + 2, type: "Headless" });
  const seen = worldOf([unexport("a"), again], both);
  const unseen = worldOf([again], both);
  expect(merged(seen)).toMatchObject({ owner: "b", type: "ClusterSetIP" });
  expect(merged(unseen)).toEqual(merged(seen));
});

test("the Service behind an export may be made anew, that takes no seniority (MCS 29)", () => {
  const both = worldOf([
    ...exporting("a", 1, { uid: "a1", createdAt: noon }),
    ...exporting("b", 2, { uid: "b1", createdAt: noon + 1 }),
  ]);
  const changed = worldOf([exportOf("a", { uid: "a1", createdAt: noon, type: "Headless" })], both);
  expect(merged(changed)).toMatchObject({ owner: "a", type: "Headless" });
});

test("of one second the cluster's name decides, whoever came first (MCS 29)", () => {
  const b = exporting("b", 2, { createdAt: noon, type: "Headless" });
  const a = exporting("a", 1, { createdAt: noon });
  for (const facts of [
    [...a, ...b],
    [...b, ...a],
  ])
    expect(merged(worldOf(facts)).owner).toBe("a");
});

test.each<readonly [name: string, skew: number, owner: string]>([
  ["ahead by an hour is the younger for an hour", anHour, "a"],
  ["behind by an hour is the older, though it came later", -anHour, "b"],
])("a newcomer whose cluster's clock is %s, and every hub agrees (MCS 29)", (_, skew, owner) => {
  const a = exporting("a", 1, { createdAt: noon });
  const tenMinutesLater = noon + 600 + skew;
  const b = exporting("b", 2, { createdAt: tenMinutesLater, type: "Headless" });
  const worlds = [worldOf([...a, ...b]), worldOf([...b, ...a])];
  expect(worlds.map((world) => merged(world).owner)).toEqual([owner, owner]);
  expect(statuses(worlds[0]!)).toEqual(statuses(worlds[1]!));
  for (const [, { conflicts }] of statuses(worlds[0]!)) expect(conflicts).toEqual(["TypeConflict"]);
});

test("facts in any order, said twice or not, give the same service and statuses (MCS 26)", () => {
  fc.assert(
    fc.property(shuffled(anyConstituents), ([constituents, others]) => {
      const facts = (list: typeof constituents) =>
        list.flatMap(({ cluster, fact }) => exporting(cluster, 1 + "abcde".indexOf(cluster), { ...fact }));
      const first = worldOf(facts(constituents));
      const second = worldOf([...facts(others), ...facts(others)]);
      expect(JSON.stringify([merged(second), statuses(second)])).toBe(
        JSON.stringify([merged(first), statuses(first)]),
      );
    }),
    { numRuns: 60 },
  );
});

test("what is said again touches nothing (MCS 28)", () => {
  fc.assert(
    fc.property(anyConstituents, (constituents) => {
      const facts = constituents.map(({ cluster, fact }) => exportOf(cluster, fact));
      const world = worldOf([
        ...constituents.flatMap(({ cluster, fact }) =>
          exporting(cluster, 1 + "abcde".indexOf(cluster), { ...fact }),
        ),
      ]);
      for (const fact of facts) expect(reduce(world, fact).touched).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("an export that is refused decides nothing and is in no conflict (MCS 26)", () => {
  const world = worldOf([
    ...exporting("a", 1, { createdAt: noon, type: "Headless" }),
    ...exporting("b", 2, { createdAt: noon - anHour, clusterAddresses: ["192.0.2.1"] }),
  ]);
  expect(merged(world)).toMatchObject({ owner: "a", type: "Headless" });
  expect(statuses(world)).toMatchObject([
    ["a", { accepted: true, conflicts: [] }],
    ["b", { accepted: false, reason: "AddressOutsideRanges", conflicts: [] }],
  ]);
});
