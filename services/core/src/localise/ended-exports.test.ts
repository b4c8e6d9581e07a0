// An export that ends while another cluster is yet to be heard: what its importers know of the one that exported it is
// enough to let go.

import { expect, test } from "vitest";
import { clusterFact, healthy, incomplete, rangesOf, removal, section, worldOf } from "../../testing/mk.ts";
import {
  emptyWorld,
  localiseImport,
  localiseSlices,
  mayRemoveEndpoints,
  mayRemoveImport,
  shardKey,
  viewOf,
} from "../index.ts";
import type { ShardId, World } from "../index.ts";

/** It joined, and has said no more yet; it may never. */
const unheard = section({ cluster: "c", kind: "cluster" }, { "": clusterFact(rangesOf(3)) });
const world = worldOf([...healthy("a", 1), ...healthy("b", 2), unheard]);
const importShard = { kind: "import", origin: "", namespace: "shop" } as const;
const unexport = (cluster: string, from: World) =>
  worldOf([removal({ cluster, kind: "export", namespace: "shop" }, ["web"])], from);

test("of the one that ended its export the endpoints may go, of the others not (MCS 41)", () => {
  const view = viewOf(unexport("a", world));
  expect(view.complete(importShard)).toBe(false);
  expect(localiseSlices(view, "shop", "web", "b").map(({ cluster }) => cluster)).not.toContain("a");
  expect(mayRemoveEndpoints(view, "shop", "web", "a")).toBe(true);
  expect(mayRemoveEndpoints(view, "shop", "web", "c")).toBe(false);
});

test("the import may go when all that it was made of ended theirs, and not before that is known (MCS 19)", () => {
  const ended = viewOf(unexport("b", unexport("a", world)));
  expect(ended.complete(importShard)).toBe(false);
  expect(localiseImport(ended, "shop", "web")).toBeUndefined();
  expect(mayRemoveImport(ended, "shop", "web", ["a", "b"])).toBe(true);
  // It may have been made of the cluster that is yet to be heard, or of one that nobody remembers.
  expect(mayRemoveImport(ended, "shop", "web", ["a", "b", "c"])).toBe(false);
  expect(mayRemoveImport(ended, "shop", "web", ["a", "d"])).toBe(false);
  expect(mayRemoveImport(ended, "shop", "web", [])).toBe(false);
  const left = viewOf(worldOf([{ type: "forget", cluster: "c" }], unexport("b", unexport("a", world))));
  expect(mayRemoveImport(left, "shop", "web", ["a", "d"])).toBe(true);
});

test("a cluster that is being told again has not ended anything (MCS 19)", () => {
  const again = viewOf(
    worldOf([...healthy("a", 1), ...healthy("b", 2)].slice(0, -1).map(incompleteSections)),
  );
  for (const view of [again, viewOf(emptyWorld())]) {
    expect(mayRemoveEndpoints(view, "shop", "web", "a")).toBe(false);
    expect(mayRemoveImport(view, "shop", "web", ["a", "b"])).toBe(false);
  }
});

test("in a namespace that nobody speaks of, what members exported is over, and of others nothing is known (MCS 19)", () => {
  const quiet = [...healthy("a", 1), ...healthy("b", 2)].filter(
    (fact) => fact.type !== "section" || !["export", "reach"].includes(fact.shard.kind),
  );
  const whole = viewOf(worldOf(quiet));
  const system = (cluster: string) =>
    ({ kind: "reach", origin: cluster, namespace: "sealane-system" }) as const;
  expect(["a", "b"].map((cluster) => whole.complete(system(cluster)))).toEqual([true, true]);
  const spoken = ["a", "b"].map((cluster) => shardKey(system(cluster)));
  const complete = (id: ShardId) => spoken.includes(shardKey(id));
  const view = { ...whole, complete, unheardOf: () => true };
  expect(mayRemoveImport(view, "shop", "web", ["a", "b"])).toBe(true);
  // A hub that was set up anew may not have heard of who exports it yet.
  expect(mayRemoveImport(view, "shop", "web", ["a", "d"])).toBe(false);
  expect(mayRemoveImport(view, "shop", "web", [])).toBe(false);
  expect(mayRemoveImport({ ...view, unheardOf: () => false }, "shop", "web", ["a", "b"])).toBe(false);
  // One that was restored with an older store knows a member that may be about to say it again.
  expect(mayRemoveImport({ ...view, complete: () => false }, "shop", "web", ["a", "b"])).toBe(false);
});

/** As it is before the end of anything. */
function incompleteSections(fact: ReturnType<typeof healthy>[number]) {
  return fact.type === "section" ? incomplete(fact) : section({ cluster: "b", kind: "namespace" }, {});
}
