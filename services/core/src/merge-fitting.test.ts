// A merged service never outgrows its entry, and who does not fit is the youngest.

import fc from "fast-check";
import { expect, test } from "vitest";
import { anyConstituents } from "../testing/any-exports.ts";
import { clusterFact, exportFact, rangesOf, section, worldOf } from "../testing/mk.ts";
import { entryBytesMax } from "./limits.ts";
import { merge } from "./merge.ts";
import { mergeFitting } from "./merge-fitting.ts";

test("what fits is merged whole (MCS 30)", () => {
  fc.assert(
    fc.property(anyConstituents, (constituents) => {
      expect(mergeFitting(constituents)).toEqual({ merged: merge(constituents), refused: new Set() });
    }),
  );
});

test("where all are too much, the oldest that fit are merged, and one more would not (MCS 26, 30)", () => {
  fc.assert(
    fc.property(anyConstituents, fc.integer({ min: 100, max: 1_500 }), (constituents, bytesMax) => {
      const { merged, refused } = mergeFitting(constituents, bytesMax);
      const taken = constituents.filter(({ cluster }) => !refused.has(cluster));
      expect(merged).toEqual(merge(taken));
      const oldestRefused = Math.min(
        ...constituents.filter(({ cluster }) => refused.has(cluster)).map(({ fact }) => fact.createdAt),
      );
      for (const { fact } of taken) expect(fact.createdAt).toBeLessThanOrEqual(oldestRefused);
    }),
  );
});

test("three exports of thousands of ports: the third is refused, with its reason (MCS 30)", () => {
  const facts = ["a", "b", "c"].map((cluster, at) => {
    const ports = Array.from({ length: 3_000 }, (_, number) => ({
      name: `${cluster}${number}`.padEnd(55, "x"),
      protocol: "TCP" as const,
      port: 1 + at * 3_000 + number,
      appProtocol: "",
    }));
    return section(
      { cluster, kind: "export", namespace: "shop" },
      { web: exportFact({ createdAt: 1 + at, ports }) },
    );
  });
  const clusters = ["a", "b", "c"].map((cluster, at) =>
    section({ cluster, kind: "cluster" }, { "": clusterFact(rangesOf(at + 1)) }),
  );
  const fused = worldOf([...clusters, ...facts])
    .services.get("shop")!
    .get("web")!;
  expect(fused.service!.exporters.map((it) => it.cluster)).toEqual(["a"]);
  expect(JSON.stringify(fused.service).length).toBeLessThan(2 * entryBytesMax);
  expect([...fused.statuses].map(([cluster, { accepted, reason }]) => [cluster, accepted, reason])).toEqual([
    ["a", true, undefined],
    ["b", false, "ServiceTooLarge"],
    ["c", false, "ServiceTooLarge"],
  ]);
});
