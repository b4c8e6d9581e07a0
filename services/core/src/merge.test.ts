// Conflict resolution of KEP-1645, row by row: what the merged service is and what every constituent is told.

import fc from "fast-check";
import { expect, test } from "vitest";
import { exportFact } from "../testing/mk.ts";
import type { Constituent } from "./conflicts.ts";
import type { ExportFact, ExportPort } from "./facts.ts";
import { merge } from "./merge.ts";
import type { Reason } from "./reasons.ts";

const port = (name: string, number: number, more: Partial<ExportPort> = {}): ExportPort => ({
  name,
  protocol: "TCP",
  port: number,
  appProtocol: "",
  ...more,
});

/** Two exports; `a` is the oldest. */
function two(a: Partial<ExportFact>, b: Partial<ExportFact>): readonly Constituent[] {
  return [
    { cluster: "b", fact: exportFact({ createdAt: 2000, ...b }) },
    { cluster: "a", fact: exportFact({ createdAt: 1000, ...a }) },
  ];
}

test.each<readonly [name: string, b: Partial<ExportFact>, reason: Reason, says: string]>([
  [
    "ports",
    { ports: [port("http", 81)] },
    "PortConflict",
    'ports: cluster "a" has the oldest export with http:TCP/80',
  ],
  ["an additional port", { ports: [port("http", 80), port("x", 1)] }, "PortConflict", '"b" differ'],
  [
    "an application protocol",
    { ports: [port("http", 80, { appProtocol: "h2c" })] },
    "PortConflict",
    "http:TCP/80",
  ],
  ["type", { type: "Headless" }, "TypeConflict", 'type: cluster "a" has the oldest export with ClusterSetIP'],
  [
    "affinity",
    { sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 10 },
    "SessionAffinityConflict",
    "sessionAffinity",
  ],
  ["internal policy", { internalTrafficPolicy: "Local" }, "InternalTrafficPolicyConflict", "Cluster"],
  ["distribution", { trafficDistribution: "PreferClose" }, "TrafficDistributionConflict", "none"],
  ["labels", { labels: { tier: "one" } }, "LabelsConflict", "0 labels"],
  ["annotations", { annotations: { note: "one" } }, "AnnotationsConflict", "0 annotations"],
  ["families", { ipFamilies: ["IPv4"] }, "IPFamilyConflict", "IPv4,IPv6"],
])("different %s: the oldest wins and both are told", (_, b, reason, says) => {
  const merged = merge(two({}, b))!;
  const alone = merge([two({}, b)[1]!])!;
  expect(merged.status).toMatchObject({ accepted: true, conflicts: [reason] });
  expect(merged.status.message).toContain(says);
  const { ports: _ports, exporters: _exporters, ...own } = alone.service;
  expect(merged.service).toMatchObject({ ...own, owner: "a" });
});

test("a different affinity time-out is its own conflict, where both have affinity", () => {
  const affinity = (seconds: number) => ({
    sessionAffinity: "ClientIP",
    sessionAffinityTimeoutSeconds: seconds,
  });
  expect(merge(two(affinity(10), affinity(20)))!.status.conflicts).toEqual(["SessionAffinityConfigConflict"]);
  expect(merge(two(affinity(10), affinity(20)))!.service.sessionAffinityTimeoutSeconds).toBe(10);
});

test("families in another order are no conflict", () => {
  const merged = merge(two({ ipFamilies: ["IPv6", "IPv4"] }, { ipFamilies: ["IPv4", "IPv6"] }))!;
  expect(merged.status).toEqual({ accepted: true, conflicts: [], message: "" });
  expect(merged.service.ipFamilies).toEqual(["IPv6", "IPv4"]);
});

test("several conflicts are told together, sorted", () => {
  const { status } = merge(two({}, { type: "Headless", ports: [], labels: { x: "y" } }))!;
  expect(status.conflicts).toEqual(["LabelsConflict", "PortConflict", "TypeConflict"]);
});

test.each<
  readonly [
    name: string,
    a: readonly ExportPort[],
    b: readonly ExportPort[],
    union: readonly ExportPort[],
    ofA: readonly string[],
    ofB: readonly string[],
  ]
>([
  [
    "united",
    [port("tcp", 42), port("udp", 42, { protocol: "UDP" })],
    [port("tcp", 42), port("stcp", 142, { protocol: "SCTP" })],
    [port("stcp", 142, { protocol: "SCTP" }), port("tcp", 42), port("udp", 42, { protocol: "UDP" })],
    ["tcp", "udp"],
    ["stcp", "tcp"],
  ],
  ["by name: the oldest number", [port("tcp", 42)], [port("tcp", 4242)], [port("tcp", 42)], ["tcp"], []],
  ["by number: the oldest name", [port("tcp", 42)], [port("web", 42)], [port("tcp", 42)], ["tcp"], []],
  [
    "under two names",
    [port("tcp", 42)],
    [port("tcp2", 4242)],
    [port("tcp", 42), port("tcp2", 4242)],
    ["tcp"],
    ["tcp2"],
  ],
  ["without names: once", [port("", 80)], [port("", 8080)], [port("", 80)], [""], []],
])("ports %s", (_, a, b, union, ofA, ofB) => {
  const { service } = merge(two({ ports: a }, { ports: b }))!;
  expect(service.ports).toEqual(union);
  expect(service.exporters).toMatchObject([
    { cluster: "a", ports: ofA },
    { cluster: "b", ports: ofB },
  ]);
});

test("of one age the cluster's name decides", () => {
  const merged = merge(two({ createdAt: 5, type: "Headless" }, { createdAt: 5 }))!;
  expect(merged.service).toMatchObject({ owner: "a", type: "Headless" });
});

test("nothing exported is no service", () => {
  expect(merge([])).toBeUndefined();
});

test("many clusters that differ are counted, not listed", () => {
  const many = Array.from({ length: 30 }, (_, at) => ({
    cluster: `c${at}`,
    fact: exportFact({ createdAt: at, type: at === 0 ? "Headless" : "ClusterSetIP" }),
  }));
  expect(merge(many)!.status.message).toMatch(/"c1", .* and 21 more differ$/);
});

test("the order in which exports are given does not matter, and no port is there twice", () => {
  const fact = fc.record({
    createdAt: fc.integer({ min: 1, max: 3 }),
    ports: fc.array(
      fc.record({
        name: fc.constantFrom("", "a", "b"),
        protocol: fc.constantFrom("TCP" as const, "UDP" as const),
        port: fc.constantFrom(1, 2),
        appProtocol: fc.constantFrom("", "h2c"),
      }),
      { maxLength: 4 },
    ),
    labels: fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom("1", "2")),
  });
  const exports = fc.uniqueArray(
    fc.record({ cluster: fc.constantFrom("a", "b", "c", "d"), fact: fact.map(exportFact) }),
    { minLength: 1, selector: (it) => it.cluster },
  );
  fc.assert(
    fc.property(exports, fc.infiniteStream(fc.nat()), (constituents, order) => {
      const shuffled = constituents
        .map((it) => ({ it, key: order.next().value as number }))
        .toSorted((x, y) => x.key - y.key);
      const merged = merge(constituents)!;
      expect(JSON.stringify(merge(shuffled.map(({ it }) => it)))).toBe(JSON.stringify(merged));
      const { ports } = merged.service;
      expect(new Set(ports.map((it) => it.name)).size).toBe(ports.length);
      expect(new Set(ports.map((it) => `${it.protocol}/${it.port}`)).size).toBe(ports.length);
    }),
  );
});
