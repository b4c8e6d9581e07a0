// The operator's BIRD files: who peers with whom, and that Sealane's functions decide what passes.

import { describe, expect, test } from "vitest";
import { nodeBirdConfig, outsideBirdConfig, sealaneInclude, stubInclude } from "./bird.ts";
import { planClusters } from "./topology.ts";

const clusters = planClusters(
  { clusters: ["a", "b"], nodes: 1, nodesOf: { a: 2 }, podRangeOf: {}, serviceRangeOf: {} },
  [],
);

describe("a node's bird.conf", () => {
  const [a] = clusters;
  const node = a?.nodes[1];
  if (a === undefined || node === undefined) throw new Error("no plan");
  const config = nodeBirdConfig(a, node);

  test("peers with the outside host alone, once a family, from its own AS", () => {
    expect(config.match(/neighbor .*;/g)).toEqual([
      "neighbor 172.30.0.20 as 64500;",
      "neighbor fd00:30::20 as 64500;",
    ]);
    expect(config.match(/local .*;/g)).toEqual([
      "local 172.30.10.12 as 64601;",
      "local fd00:30::10:12 as 64601;",
    ]);
  });

  test("leaves every route's fate to the include, which the stub can stand in for", () => {
    expect(config.indexOf(`include "${sealaneInclude}"`)).toBeLessThan(config.indexOf("protocol"));
    expect(config.match(/export .*?;/g)).toEqual([
      "export where sealane_install();",
      "export where sealane_install();",
      "export where sealane_announce();",
      "export where sealane_announce();",
    ]);
    expect(stubInclude.match(/function sealane_(announce|install)\(\) \{ return false; \}/g)).toHaveLength(2);
  });
});

test("the outside host has two sessions for each node of each cluster and announces nothing", () => {
  const config = outsideBirdConfig(clusters);
  expect(config.match(/protocol bgp \S+/g)).toEqual(
    ["a1_v4", "a1_v6", "a2_v4", "a2_v6", "b1_v4", "b1_v6"].map((name) => `protocol bgp ${name}`),
  );
  expect(config.match(/neighbor 172.*;/g)).toEqual([
    "neighbor 172.30.10.11 as 64601;",
    "neighbor 172.30.10.12 as 64601;",
    "neighbor 172.30.11.11 as 64602;",
  ]);
  expect(config.match(/export none/g)).toHaveLength(6);
  expect(outsideBirdConfig([])).not.toContain("protocol bgp");
});
