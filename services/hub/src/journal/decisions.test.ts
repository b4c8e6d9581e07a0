// Each decision is told once, when it changes, with its reason and what a person needs; a restart repeats only the
// quarantines that still hold.

import type { World } from "@sealane/core";
import { expect, it } from "vitest";
import { clusterFact, exportFact } from "../testing/facts.ts";
import { fact, worldAfter, worldOf } from "../testing/world.ts";
import { journalDecisions } from "./decisions.ts";
import { journalDocuments } from "./documents.ts";
import { Journal } from "./journal.ts";

/** Everything of a cluster as the keeper publishes it after a change. */
function publish(note: ReturnType<typeof journalDecisions>, cluster: string, world: World): void {
  note({ kind: "member", origin: "", namespace: "" }, cluster, world);
  note({ kind: "exportStatus", origin: cluster, namespace: "shop" }, "web", world);
}

const told = (journal: Journal, after = 0) =>
  journal.after(after).map(({ kind, cluster, subject, reason }) => [kind, cluster, subject, reason ?? ""]);

it("tells what a newcomer holds, what is quarantined, and what becomes of its export", () => {
  const journal = new Journal(() => 1n);
  const before = worldOf({ a: 1 });
  const note = journalDecisions(journal, before);
  expect(told(journal)).toEqual([]);
  const overlapping = {
    ...clusterFact(2),
    ranges: [...clusterFact(2).ranges, { ...clusterFact(1).ranges[0]! }],
  };
  const joined = worldAfter(
    before,
    fact("cluster", "b", { key: "", value: overlapping }),
    fact("export", "b", { namespace: "shop", key: "web", value: { ...exportFact(2), type: "Headless" } }),
    { type: "synced", cluster: "b" },
  );
  publish(note, "b", joined);
  expect(told(journal)).toEqual(
    expect.arrayContaining([
      ["RangeAdmitted", "b", "range/10.2.0.0/16", ""],
      ["RangeQuarantined", "b", "range/10.1.0.0/16", "RangeOverlap"],
      ["ExportConflicted", "b", "service/shop/web", "TypeConflict"],
    ]),
  );
  expect(journal.after(0).find(({ kind }) => kind === "RangeQuarantined")?.message).toContain(
    'meets 10.1.0.0/16 of cluster "a" at 10.1.0.0/16',
  );
});

it("tells nothing twice, and what changes once more", () => {
  const journal = new Journal(() => 1n);
  const before = worldOf({ a: 1, b: 2 });
  const note = journalDecisions(journal, before);
  note({ kind: "member", origin: "", namespace: "" }, "b", before);
  expect(journal.last).toBe(0);
  const moved = clusterFact(2);
  const [, ...rest] = moved.ranges;
  const after = worldAfter(
    before,
    fact("cluster", "b", { key: "", value: { ...moved, ranges: rest } }),
    fact("export", "b", { namespace: "shop", key: "web", value: undefined }),
  );
  publish(note, "b", after);
  expect(told(journal)).toEqual([
    ["RangeReleased", "b", "range/10.2.0.0/16", ""],
    ["ExportWithdrawn", "b", "service/shop/web", ""],
  ]);
});

it("repeats after a restart the quarantines that still hold, and nothing else", () => {
  const journal = new Journal(() => 1n);
  const world = worldAfter(worldOf({ a: 1 }), fact("cluster", "b", { key: "", value: clusterFact(1) }));
  journalDecisions(journal, world);
  expect(told(journal).every(([kind]) => kind === "RangeQuarantined")).toBe(true);
  expect(told(journal)).toContainEqual(["RangeQuarantined", "b", "range/10.1.0.0/16", "RangeOverlap"]);
});

it("tells each refused document once, and when all are well again", () => {
  const journal = new Journal(() => 1n);
  const note = journalDocuments(journal);
  note([]);
  note(["x.yaml:3: unknown field"]);
  note(["x.yaml:3: unknown field", "y.yaml:1: no kind"]);
  note([]);
  expect(told(journal)).toEqual([
    ["DocumentRefused", "", "document/x.yaml:3", "DocumentInvalid"],
    ["DocumentRefused", "", "document/y.yaml:1", "DocumentInvalid"],
    ["DocumentsAccepted", "", "hub", ""],
  ]);
});
