// Explanations: each step says what was looked at, and the last one is the decision itself.

import { expect, test } from "vitest";
import {
  clusterDocument,
  clusterFact,
  declared,
  exportFact,
  healthy,
  incomplete,
  pod,
  range,
  rangesOf,
  reachFact,
  removal,
  section,
  worldOf,
} from "../../testing/mk.ts";
import {
  emptyWorld,
  explainImport,
  explainRoute,
  localiseImports,
  localiseRoutes,
  viewOf,
  type ExplainStep,
  type World,
} from "../index.ts";

const both = [...healthy("a", 1), ...healthy("b", 2)];
const brief = (steps: readonly ExplainStep[]) =>
  steps.map((step) => [step.outcome, step.subject, step.reason].filter((it) => it !== undefined).join(" "));

test("an import that is there", () => {
  expect(brief(explainImport(worldOf(both), "b", "shop", "web"))).toEqual([
    "yes cluster",
    "yes namespace",
    "yes export",
    "yes export",
    "yes endpoints",
    "yes endpoints",
    "yes import",
  ]);
});

test.each<readonly [name: string, world: World, want: readonly string[]]>([
  [
    "nobody exports it",
    worldOf([
      ...both,
      ...["a", "b"].map((cluster) => removal({ cluster, kind: "export", namespace: "shop" }, ["web"])),
    ]),
    ["no export NotExported", "no import NotExported"],
  ],
  [
    "no namespace",
    worldOf([...both, removal({ cluster: "b", kind: "namespace" }, ["shop"])]),
    ["no namespace NoNamespace", "no import NoNamespace"],
  ],
  [
    "nobody has spoken",
    worldOf(both.filter((fact) => fact.type === "section" && fact.shard.kind === "cluster").map(incomplete)),
    ["unknown namespace NoNamespace", "unknown export NotExported", "unknown import NoNamespace"],
  ],
  ["no such cluster", worldOf(healthy("a", 1)), ["no cluster ClusterUnknown", "no import ClusterUnknown"]],
  [
    "it left",
    worldOf([...both, { type: "forget", cluster: "b" }]),
    ["no cluster ClusterUnknown", "no import ClusterUnknown"],
  ],
  [
    "no pod is ready",
    worldOf([
      ...both,
      section(
        { cluster: "a", kind: "reach", namespace: "shop" },
        { "web/a1": reachFact([pod(["10.1.1.7"], { ready: false })]), "web/a2": reachFact([]) },
      ),
    ]),
    ["no endpoints NoReadyEndpoints", "yes import"],
  ],
  [
    "one export is refused",
    worldOf(both, emptyWorld(declared({}, [clusterDocument("a", { exportNamespaces: [] })]))),
    ["no export NamespaceNotAllowed", "yes import"],
  ],
  [
    "an address lies outside",
    worldOf([
      ...both,
      section(
        { cluster: "a", kind: "export", namespace: "shop" },
        { web: exportFact({ clusterAddresses: ["192.0.2.1"] }) },
      ),
    ]),
    ["no export AddressOutsideRanges", "yes import"],
  ],
])("an import where %s", (_, world, want) => {
  const steps = explainImport(world, "b", "shop", "web");
  expect(brief(steps)).toEqual(expect.arrayContaining([...want]));
  const imported = localiseImports(viewOf(world), new Set(world.origins.get("b")?.namespaces.entries.keys()));
  expect(steps.at(-1)?.outcome === "yes").toBe(imported.some((it) => it.name === "web"));
});

test.each([
  ["10.101.0.80", ["yes cluster", "yes range", "yes route"], "172.16.0.11, 172.16.0.12"],
  ["fd00:1:1::80", ["yes cluster", "yes range", "yes route"], "fd00::11, fd00::12"],
  ["10.1.1.7", ["yes cluster", "yes range", "yes route"], "pods of node a1"],
  ["10.101.0.81", ["yes cluster", "yes range", "no route NotExported"], "10.101.0.81"],
  ["10.1.9.9", ["yes cluster", "yes range", "no route NotAdmitted"], '"a"'],
  ["172.16.0.11", ["yes cluster", "yes range", "yes route"], "node's own address"],
  ["10.2.1.7", ["yes cluster", "yes range", "yes route"], "own"],
  ["192.0.2.1", ["yes cluster", "no range NotAdmitted"], "no cluster holds"],
  ["10.1.0.1/16", ["no destination RangeInvalid"], '"10.1.0.1/16"'],
  ["web", ["no destination RangeInvalid"], '"web"'],
])("a route to %s", (destination, want, says) => {
  const steps = explainRoute(worldOf(both), "b", destination);
  expect(brief(steps)).toEqual(want);
  expect(steps.at(-1)!.message).toContain(says);
});

test("a route into a quarantined range names whose the range is and what is free", () => {
  const drifting = section(
    { cluster: "c", kind: "cluster" },
    { "": clusterFact([...rangesOf(3), range("pod", "10.0.0.0/12")]) },
  );
  const world = worldOf(
    [...both, drifting],
    emptyWorld(declared({ pools: [{ kind: "pod", prefix: "10.0.0.0/8" }] })),
  );
  const steps = explainRoute(world, "b", "10.8.0.1");
  expect(brief(steps)).toEqual(["yes cluster", "no range RangeOverlap"]);
  expect(brief(explainRoute(world, "b", "10.1.1.7"))).toEqual([
    "yes cluster",
    "no range RangeOverlap",
    "yes range",
    "yes route",
  ]);
  expect(steps.at(-1)!.message).toMatch(
    /pod range 10\.0\.0\.0\/12 of cluster "c".*meets 10\.1\.0\.0\/16 of cluster "a" in 10\.1\.0\.0\/16; 10\.16\.0\.0\/12 is free/,
  );
});

test("a withheld route has the reason that routing gives", () => {
  const down = reachFact([pod(["10.1.1.7"], { ready: false })]);
  const world = worldOf([
    ...both,
    section({ cluster: "a", kind: "reach", namespace: "shop" }, { "web/a1": down, "web/a2": down }),
  ]);
  const withheld = localiseRoutes(viewOf(world), { cluster: "b", node: "", onLink: undefined }, undefined)
    .withheld[0]!;
  expect(explainRoute(world, "b", "10.101.0.80").at(-1)).toEqual({
    outcome: "no",
    subject: "route",
    reason: withheld.reason,
    message: withheld.message,
  });
});
