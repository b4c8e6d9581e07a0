// What a cluster may say at most, the hub can always pass on: one cluster's size must end nobody's session.

import { entryBytesMax, factBytesMax, messageBytesMax, rangesPerClusterMax } from "@sealane/core";
import type { ClusterFact, Fact, Range } from "@sealane/core";
import { emptyWorld, lookup, reduce } from "@sealane/core";
import { encodeValue } from "@sealane/wire";
import { expect, it } from "vitest";
import { admitSection } from "./door.ts";
import { clusterFact } from "./testing/facts.ts";
import { wholeSection } from "./testing/sections.ts";

const owner = "o".repeat(63);
const say = (cluster: string, fact: ClusterFact): Fact => ({
  type: "section",
  shard: { kind: "cluster", origin: cluster, namespace: "" },
  upserts: [["", fact]],
  removed: [],
  complete: true,
});

const bytesOf = (fact: ClusterFact) => encodeValue("cluster", fact).length;

/** As many ranges of the longest text, all inside `owner`'s, as the fact can hold. */
function largest(source: string): ClusterFact {
  const rangeOf = (at: number): Range => ({
    prefix: `fd12:3456:789a:bcde:f012:3456:789a:${(0x1000 + at).toString(16)}/128`,
    kind: "pod",
    source,
  });
  const ranges = Array.from({ length: rangesPerClusterMax }, (_, at) => rangeOf(at));
  let fact = { ...clusterFact(1), ranges };
  for (let bytes = bytesOf(fact); bytes > factBytesMax; bytes = bytesOf(fact)) {
    const kept = Math.floor((fact.ranges.length * factBytesMax) / bytes) - 1;
    fact = { ...fact, ranges: ranges.slice(0, kept) };
  }
  return fact;
}

it.each([
  ["none", ""],
  ["a usual one", "Node/node-with-a-name-of-usual-length.status.addresses"],
  ["a long one", "s".repeat(1_000)],
])("passes on a member with the most ranges, all refused, whose source is %s", (_, source) => {
  const fact = largest(source);
  const section = wholeSection("m", { kind: "cluster" }, { "": fact });
  expect(admitSection(section, { cluster: "m", epoch: 1n }).size).toBe(1);
  const holding = {
    ...clusterFact(2),
    ranges: [{ prefix: "fd12:3456::/32", kind: "pod" as const, source: "" }],
  };
  const world = [say(owner, holding), say("m", fact)].reduce(
    (before, said) => reduce(before, said).world,
    emptyWorld(),
  );
  const member = lookup(world, { kind: "member", origin: "", namespace: "" }, "m");
  const { length } = encodeValue("member", member as never);
  expect(fact.ranges.length).toBeGreaterThan(200);
  expect(length).toBeGreaterThan(fact.ranges.length * 60);
  expect(length).toBeLessThanOrEqual(entryBytesMax);
  expect(length * 1.5).toBeLessThan(messageBytesMax);
});

it("refuses a cluster whose ranges are too many bytes, and says how many are taken", () => {
  const fact = largest("Node/n.status.addresses");
  const { ranges } = fact;
  const longer = {
    ...fact,
    ranges: ranges.map((range) => ({ ...range, source: `${range.source} and more` })),
  };
  const section = wholeSection("m", { kind: "cluster" }, { "": longer });
  expect(() => admitSection(section, { cluster: "m", epoch: 1n })).toThrow(
    /Entry "" of shard cluster\|m\| has a value of \d+ bytes, and at most 262144 are taken/,
  );
});
