// What asking for clusters means: names, sizes, ranges, and what stays of a lab that runs.

import { describe, expect, test } from "vitest";
import { planClusters } from "./topology.ts";
import type { TopologyRequest } from "./topology.ts";

const request: TopologyRequest = {
  clusters: ["a", "b"],
  nodes: 2,
  nodesOf: { a: 3 },
  podRangeOf: {},
  serviceRangeOf: {},
};

describe("planClusters", () => {
  test("gives a cluster its index's numbers and its own size", () => {
    const [a, b] = planClusters(request, []);
    expect(a?.nodes.map((node) => node.name)).toEqual(["a1", "a2", "a3"]);
    expect(b).toEqual({
      name: "b",
      index: 1,
      asn: 64602,
      pods: { v4: "10.65.0.0/16", v6: "fd00:10:65::/56" },
      services: { v4: "10.113.0.0/16", v6: "fd00:10:113::/112" },
      dns: { v4: "10.113.0.10", v6: "fd00:10:113::a" },
      controlPlane: { name: "cp-b", address: { v4: "172.30.11.1", v6: "fd00:30::11:1" } },
      nodes: [
        { name: "b1", address: { v4: "172.30.11.11", v6: "fd00:30::11:11" } },
        { name: "b2", address: { v4: "172.30.11.12", v6: "fd00:30::11:12" } },
      ],
    });
  });

  test("keeps an index whatever the order of names", () => {
    const [b] = planClusters({ ...request, clusters: ["b"], nodesOf: {} }, []);
    expect(b?.index).toBe(1);
  });

  test("adds a cluster beside running ones and refuses to change those", () => {
    const running = planClusters(request, []);
    const more = planClusters({ ...request, clusters: ["a", "b", "edge", "west"] }, running);
    expect(more.slice(0, 2)).toEqual(running);
    expect(more.slice(2).map((cluster) => cluster.index)).toEqual([26, 27]);
    expect(() => planClusters({ ...request, nodesOf: {} }, running)).toThrow('"down --clusters a"');
  });

  test("lets a cluster overlap another on purpose", () => {
    const pods = { v4: "10.64.128.0/17", v6: "fd00:10:64:80::/57" };
    const [, d] = planClusters({ ...request, clusters: ["a", "d"], podRangeOf: { d: pods } }, []);
    expect(d?.pods).toEqual(pods);
    expect(d?.services.v4).toBe("10.115.0.0/16");
  });

  test.each(["A", "a1", "-a", "a-", "hub", "switch", ""])("refuses the name %j", (name) => {
    expect(() => planClusters({ ...request, clusters: [name], nodesOf: {} }, [])).toThrow(`"${name}"`);
  });

  test("refuses an option for a cluster nobody asked for", () => {
    expect(() => planClusters({ ...request, clusters: ["b"] }, [])).toThrow('cluster "a"');
  });
});
