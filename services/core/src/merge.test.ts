// Conflict resolution of KEP-1645, row by row: what the merged service is, and that every constituent is told.

import fc from "fast-check";
import { expect, test } from "vitest";
import { anyConstituents, shuffled } from "../testing/any-exports.ts";
import { exportFact, exportPort as port } from "../testing/mk.ts";
import type { Constituent } from "./constituent.ts";
import type { ExportFact, ExportPort } from "./facts.ts";
import { merge } from "./merge.ts";
import type { Reason } from "./reasons.ts";

/** Two exports; `a` is the oldest. */
function two(a: Partial<ExportFact>, b: Partial<ExportFact>): readonly Constituent[] {
  return [
    { cluster: "b", fact: exportFact({ createdAt: 2000, ...b }) },
    { cluster: "a", fact: exportFact({ createdAt: 1000, ...a }) },
  ];
}

test.each<readonly [name: string, b: Partial<ExportFact>, reason: Reason]>([
  ["ports", { ports: [port("http", 81)] }, "PortConflict"],
  ["an additional port", { ports: [port("http", 80), port("x", 1)] }, "PortConflict"],
  ["fewer ports", { ports: [] }, "PortConflict"],
  ["an application protocol", { ports: [port("http", 80, { appProtocol: "h2c" })] }, "PortConflict"],
  ["headlessness", { type: "Headless" }, "TypeConflict"],
  ["affinity", { sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 10 }, "SessionAffinityConflict"],
  ["internal policy", { internalTrafficPolicy: "Local" }, "InternalTrafficPolicyConflict"],
  ["distribution", { trafficDistribution: "PreferClose" }, "TrafficDistributionConflict"],
  ["labels", { labels: { tier: "one" } }, "LabelsConflict"],
  ["annotations", { annotations: { note: "one" } }, "AnnotationsConflict"],
  ["families", { ipFamilies: ["IPv4"] }, "IPFamilyConflict"],
])(
  "different %s: the oldest wins, and both are told (C3, C11, C15) (MCS 26, 27, 29, 30, 32, 33)",
  (_, b, reason) => {
    const oldest = { labels: { plan: "a" }, annotations: { of: "a" } };
    const both = two(oldest, { ...oldest, ...b });
    const merged = merge(both)!;
    const alone = merge([both[1]!])!;
    expect(merged.status).toMatchObject({ accepted: true, conflicts: [reason] });
    const { ports, exporters } = merged.service;
    expect(merged.service).toEqual({ ...alone.service, ports, exporters });
    expect(merged.service).toMatchObject({ owner: "a", ...oldest });
  },
);

test("a younger majority has no say (MCS 26)", () => {
  const many = ["b", "c", "d"].map((cluster, at) => ({
    cluster,
    fact: exportFact({ createdAt: 2000 + at, type: "Headless", sessionAffinity: "ClientIP" }),
  }));
  const { service } = merge([...many, { cluster: "z", fact: exportFact({ createdAt: 1000 }) }])!;
  expect(service).toMatchObject({ owner: "z", type: "ClusterSetIP", sessionAffinity: "None" });
});

test("affinity, its time-out and both policies are the Service's (C5, C6, C7)", () => {
  const own = {
    sessionAffinity: "ClientIP",
    sessionAffinityTimeoutSeconds: 10,
    internalTrafficPolicy: "Cluster",
    trafficDistribution: "PreferClose",
  };
  const merged = merge([{ cluster: "a", fact: exportFact(own) }])!;
  expect(merged.service).toMatchObject(own);
  expect(merged.status).toEqual({ accepted: true, conflicts: [], message: "" });
});

test("ports are the Service's, with what they speak, sorted by name (C9)", () => {
  const own = [port("udp", 42, { protocol: "UDP" }), port("tcp", 42, { appProtocol: "kubernetes.io/h2c" })];
  expect(merge([{ cluster: "a", fact: exportFact({ ports: own }) }])!.service.ports).toEqual([
    own[1],
    own[0],
  ]);
});

test.each<readonly [name: string, a: readonly ExportPort[], b: readonly ExportPort[], conflicts: boolean]>([
  ["the same in another order", [port("x", 1), port("y", 2)], [port("y", 2), port("x", 1)], false],
  ["one without a name and one called unnamed", [port("", 1)], [port("unnamed", 1)], true],
  ["one of another protocol", [port("x", 1)], [port("x", 1, { protocol: "SCTP" })], true],
])("port sets, %s: a conflict where they are not identical (MCS 30)", (_, a, b, conflicts) => {
  const { status } = merge(two({ ports: a }, { ports: b }))!;
  expect(status.conflicts).toEqual(conflicts ? ["PortConflict"] : []);
});

test("a different affinity time-out is its own conflict, where both have affinity (MCS 32)", () => {
  const affinity = (seconds: number) => ({
    sessionAffinity: "ClientIP",
    sessionAffinityTimeoutSeconds: seconds,
  });
  const merged = merge(two(affinity(10), affinity(20)))!;
  expect(merged.status.conflicts).toEqual(["SessionAffinityConfigConflict"]);
  expect(merged.service.sessionAffinityTimeoutSeconds).toBe(10);
});

test.each<readonly [name: string, oldest: readonly string[], other: readonly string[], conflicts: boolean]>([
  ["the same in another order", ["IPv6", "IPv4"], ["IPv4", "IPv6"], false],
  ["one of the oldest's missing", ["IPv4", "IPv6"], ["IPv6"], true],
  ["the only one missing", ["IPv4"], ["IPv6"], true],
  ["one more, which nobody is offered", ["IPv4"], ["IPv4", "IPv6"], false],
])(
  "families, %s: a conflict only where a client's family decides whom it reaches (MCS 23)",
  (_, a, b, conflicts) => {
    for (const type of ["ClusterSetIP", "Headless"] as const) {
      const merged = merge(two({ type, ipFamilies: a }, { type, ipFamilies: b }))!;
      expect(merged.status.conflicts).toEqual(conflicts ? ["IPFamilyConflict"] : []);
      expect(merged.service.ipFamilies).toEqual(a);
    }
  },
);

test("families are there once, in the oldest's order (MCS 22)", () => {
  const families = ["IPv6", "IPv4", "IPv6", "IPv5"];
  expect(merge([{ cluster: "a", fact: exportFact({ ipFamilies: families }) }])!.service.ipFamilies).toEqual([
    "IPv6",
    "IPv4",
  ]);
});

test.each<readonly [name: string, oldest: ExportFact["type"], other: ExportFact["type"]]>([
  ["a headless one that is younger", "ClusterSetIP", "Headless"],
  ["a headless one that is older", "Headless", "ClusterSetIP"],
])(
  "%s: the oldest's type, all ports, and the families of both are looked at (C15) (MCS 24)",
  (_, oldest, other) => {
    const merged = merge(
      two(
        { type: oldest, ports: [port("http", 80)], ipFamilies: ["IPv4", "IPv6"] },
        { type: other, ports: [port("peers", 7000)], ipFamilies: ["IPv4"] },
      ),
    )!;
    expect(merged.status.conflicts).toEqual(["IPFamilyConflict", "PortConflict", "TypeConflict"]);
    expect(merged.service).toMatchObject({ type: oldest, ports: [port("http", 80), port("peers", 7000)] });
    expect(merged.service.exporters).toMatchObject([{ ports: ["http"] }, { ports: ["peers"] }]);
  },
);

test("several conflicts are told together, and their reasons make one word of a condition (MCS 27)", () => {
  const { status } = merge(
    two(
      { sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 1 },
      {
        type: "Headless",
        ports: [],
        labels: { x: "y" },
        annotations: { x: "y" },
        ipFamilies: [],
        internalTrafficPolicy: "Local",
        trafficDistribution: "PreferClose",
      },
    ),
  )!;
  expect(status.conflicts).toEqual([
    "AnnotationsConflict",
    "IPFamilyConflict",
    "InternalTrafficPolicyConflict",
    "LabelsConflict",
    "PortConflict",
    "SessionAffinityConflict",
    "TrafficDistributionConflict",
    "TypeConflict",
  ]);
  // What the API takes as a condition's reason.
  expect(status.conflicts.join(",")).toMatch(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/);
  expect([...status.conflicts, "SessionAffinityConfigConflict"].join(",").length).toBeLessThan(1024);
});

test("of one age the cluster's name decides (MCS 29)", () => {
  const merged = merge(two({ createdAt: 5, type: "Headless" }, { createdAt: 5 }))!;
  expect(merged.service).toMatchObject({ owner: "a", type: "Headless" });
});

test("an export whose age nobody knows is the youngest (MCS 29)", () => {
  const merged = merge(two({ createdAt: 0, type: "Headless" }, { createdAt: 2000 }))!;
  expect(merged.service).toMatchObject({ owner: "b", type: "ClusterSetIP" });
});

test("exported labels and annotations are the winner's alone, without what no object can have (C3) (MCS 33)", () => {
  const merged = merge(
    two(
      {
        labels: { tier: "front", "": "x", "no key": "x", bad: "no value" },
        annotations: { note: "any text!", "a b": "" },
      },
      { labels: { other: "x" }, annotations: { other: "x" } },
    ),
  )!;
  expect(merged.service).toMatchObject({ labels: { tier: "front" }, annotations: { note: "any text!" } });
  expect(Object.keys(merged.service.labels)).toEqual(["tier"]);
  expect(Object.keys(merged.service.annotations)).toEqual(["note"]);
});

test("nothing exported is no service", () => {
  expect(merge([])).toBeUndefined();
});

test("the order in which exports are given does not matter (MCS 26)", () => {
  fc.assert(
    fc.property(shuffled(anyConstituents), ([constituents, others]) => {
      expect(JSON.stringify(merge(others))).toBe(JSON.stringify(merge(constituents)));
    }),
    { numRuns: 300 },
  );
});

test("every value is the oldest's, and where another's is not, its reason is said (MCS 26, 27)", () => {
  fc.assert(
    fc.property(anyConstituents, (constituents) => {
      const { service, status } = merge(constituents)!;
      const oldest = constituents.find((it) => it.cluster === service.owner)!.fact;
      expect(oldest.createdAt).toBe(Math.min(...constituents.map((it) => it.fact.createdAt)));
      expect(service).toMatchObject({
        type: oldest.type,
        sessionAffinity: oldest.sessionAffinity,
        internalTrafficPolicy: oldest.internalTrafficPolicy,
        trafficDistribution: oldest.trafficDistribution,
        labels: oldest.labels,
        ipFamilies: oldest.ipFamilies,
      });
      const told = (reason: Reason, differs: (fact: ExportFact) => boolean) =>
        expect([reason, status.conflicts.includes(reason)]).toEqual([
          reason,
          constituents.some(({ fact }) => differs(fact)),
        ]);
      told("TypeConflict", (fact) => fact.type !== oldest.type);
      told("SessionAffinityConflict", (fact) => fact.sessionAffinity !== oldest.sessionAffinity);
      told(
        "InternalTrafficPolicyConflict",
        (fact) => fact.internalTrafficPolicy !== oldest.internalTrafficPolicy,
      );
      told("TrafficDistributionConflict", (fact) => fact.trafficDistribution !== oldest.trafficDistribution);
      told(
        "LabelsConflict",
        (fact) => JSON.stringify(sorted(fact.labels)) !== JSON.stringify(sorted(oldest.labels)),
      );
      told("IPFamilyConflict", (fact) =>
        oldest.ipFamilies.some((family) => !fact.ipFamilies.includes(family)),
      );
    }),
    { numRuns: 300 },
  );
});

function sorted(record: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
