// When Sealane counts as settled, and what is named when it does not.

import { expect, test } from "vitest";
import { planClusters } from "../topology.ts";
import { missingIn } from "./settled.ts";
import type { ReportedCluster } from "./settled.ts";

const [plan] = planClusters(
  { clusters: ["a"], nodes: 2, nodesOf: {}, podRangeOf: {}, serviceRangeOf: {} },
  [],
);

const counts = (observed: number) => [{ kind: "routes", desired: 2, observed }];
const settled: ReportedCluster = {
  name: "a",
  agent: "ready",
  ranges: { quarantined: 0 },
  reports: [null, "a1", "a2"].map((node) => ({ node, counts: counts(2) })),
};

test.each([
  ["everything is as wanted", [settled], []],
  ["nobody registered", [], ["a: its agent (not registered)"]],
  ["the agent fell silent", [{ ...settled, agent: "silent" }], ["a: its agent (silent)"]],
  [
    "nobody reported",
    [{ ...settled, reports: [] }],
    ["a: its agent's report", "a: the speaker on a1", "a: the speaker on a2"],
  ],
  [
    "a node lacks a route",
    [{ ...settled, reports: [...settled.reports.slice(0, 2), { node: "a2", counts: counts(1) }] }],
    ["a: the speaker on a2: 1 of 2 routes"],
  ],
  [
    "a range is quarantined",
    [
      {
        ...settled,
        ranges: { quarantined: 1 },
        reports: settled.reports.map((report) => ({ ...report, counts: counts(0) })),
      },
    ],
    [],
  ],
])("when %s", (_, reported, want) => {
  expect(plan && missingIn(plan, reported)).toEqual(want);
});
