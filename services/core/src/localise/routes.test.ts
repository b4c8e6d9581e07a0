// Routes of one node: exact next hops, what is left out and why, and that missing data takes nothing away.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deepFreeze } from "../../testing/freeze.ts";
import {
  healthy,
  clusterFact,
  exportFact,
  incomplete,
  nodeFact,
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
  localiseRoutes,
  restoreWorld,
  storedWorld,
  viewOf,
  type DesiredRoutes,
  type Fact,
  type View,
  type World,
} from "../index.ts";
import { nextHopsPerRouteMax } from "../limits.ts";
import { formatPurpose, parsePurpose } from "./purpose.ts";

const segment = ["172.16.0.0/24", "fd00::/120"];
const onB1 = { cluster: "b", node: "b1", onLink: segment };
const both = [...healthy("a", 1), ...healthy("b", 2)];

function routes(world: World, previous?: DesiredRoutes, of = onB1): DesiredRoutes {
  return deepFreeze(localiseRoutes(viewOf(world), of, previous));
}

function hops(desired: DesiredRoutes): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(desired.install.map((route) => [route.prefix, route.nextHops]));
}

const web = (values: Parameters<typeof section>[1]) =>
  section({ cluster: "a", kind: "reach", namespace: "shop" }, values);
const webOfA = {
  "10.101.0.80/32": ["172.16.0.11", "172.16.0.12"],
  "fd00:1:1::80/128": ["fd00::11", "fd00::12"],
};

test("pods by node, services by the nodes with ready pods, mesh-dns likewise", () => {
  expect(routes(worldOf(both))).toEqual({
    install: [
      { prefix: "10.1.1.0/24", nextHops: ["172.16.0.11"], cluster: "a", purpose: "pods of node a1" },
      { prefix: "10.1.2.0/24", nextHops: ["172.16.0.12"], cluster: "a", purpose: "pods of node a2" },
      { prefix: "10.101.0.53/32", nextHops: ["172.16.0.11"], cluster: "a", purpose: "mesh-dns" },
      {
        prefix: "10.101.0.80/32",
        nextHops: ["172.16.0.11", "172.16.0.12"],
        cluster: "a",
        purpose: "shop/web",
      },
      { prefix: "fd00:1::100/120", nextHops: ["fd00::11"], cluster: "a", purpose: "pods of node a1" },
      { prefix: "fd00:1::200/120", nextHops: ["fd00::12"], cluster: "a", purpose: "pods of node a2" },
      { prefix: "fd00:1:1::53/128", nextHops: ["fd00::11"], cluster: "a", purpose: "mesh-dns" },
      { prefix: "fd00:1:1::80/128", nextHops: ["fd00::11", "fd00::12"], cluster: "a", purpose: "shop/web" },
    ],
    originate: [
      { prefix: "10.2.1.0/24", purpose: "pods of node b1" },
      { prefix: "10.102.0.53/32", purpose: "mesh-dns" },
      { prefix: "10.102.0.80/32", purpose: "shop/web" },
      { prefix: "fd00:2::100/120", purpose: "pods of node b1" },
      { prefix: "fd00:2:1::53/128", purpose: "mesh-dns" },
      { prefix: "fd00:2:1::80/128", purpose: "shop/web" },
    ],
    withheld: [],
  });
});

test("a node announces a service only while it has a ready pod of it", () => {
  const onB2 = routes(worldOf(both), undefined, { ...onB1, node: "b2" });
  expect(onB2.originate.map((route) => route.purpose)).not.toContain("mesh-dns");
  expect(onB2.originate.map((route) => route.prefix)).toContain("10.102.0.80/32");
});

test("a pod without IPv6 makes its node a next hop of both families", () => {
  const world = worldOf([
    ...both,
    web({ "web/a1": reachFact([pod(["10.1.1.7"])]), "web/a2": reachFact([]) }),
  ]);
  expect(hops(routes(world))).toMatchObject({
    "10.101.0.80/32": ["172.16.0.11"],
    "fd00:1:1::80/128": ["fd00::11"],
  });
});

describe("left out, with the reason", () => {
  const withheld = (world: World, of = onB1) => routes(world, undefined, of).withheld;
  const node = (more: Parameters<typeof nodeFact>[2]) =>
    section(
      { cluster: "a", kind: "node" },
      { a1: nodeFact(1, 1, more), a2: nodeFact(1, 2, { ready: false }) },
    );

  test("no pod is ready", () => {
    const down = reachFact([pod(["10.1.1.7"], { ready: false })]);
    const world = worldOf([...both, web({ "web/a1": down, "web/a2": down })]);
    expect(withheld(world)).toMatchObject([
      { prefix: "10.101.0.80/32", cluster: "a", purpose: "shop/web", reason: "NoReadyEndpoints" },
      { prefix: "fd00:1:1::80/128", reason: "NoReadyEndpoints" },
    ]);
  });

  test("no node is ready", () => {
    const world = worldOf([
      ...both,
      section(
        { cluster: "a", kind: "node" },
        { a1: nodeFact(1, 1, { ready: false }), a2: nodeFact(1, 2, { ready: false }) },
      ),
    ]);
    expect(withheld(world).map((it) => [it.purpose, it.reason])).toContainEqual([
      "shop/web",
      "NoReadyEndpoints",
    ]);
    expect(Object.keys(hops(routes(world)))).toContain("10.1.1.0/24");
  });

  test("the node has no address of the family", () => {
    const world = worldOf([...both, node({ addresses: ["172.16.0.11"] })]);
    expect(withheld(world)).toContainEqual(
      expect.objectContaining({ prefix: "fd00:1::100/120", reason: "NodeNoAddress" }),
    );
    expect(hops(routes(world))["10.1.1.0/24"]).toEqual(["172.16.0.11"]);
  });

  test("the next hop is on no network of this node", () => {
    const found = withheld(worldOf(both), { ...onB1, onLink: ["172.16.0.0/24"] });
    expect(found.map((it) => it.reason)).toEqual([
      "NextHopNotOnLink",
      "NextHopNotOnLink",
      "NextHopNotOnLink",
      "NextHopNotOnLink",
    ]);
    expect(found[0]!.message).toContain("172.16.0.0/24");
  });

  /** A view in which nothing was refused before: what a receiver must still refuse by itself. */
  const raw = (view: View, podPrefixes: readonly string[]): View => ({
    ...view,
    nodes: (cluster) =>
      [...view.nodes(cluster)].map(
        ([name, fact]) => [name, name === "a1" ? { ...fact, podPrefixes } : fact] as const,
      ),
  });
  const judged = (prefix: string) => localiseRoutes(raw(viewOf(worldOf(both)), [prefix]), onB1, undefined);

  test.each([
    ["0.0.0.0/0", "PrefixForbidden"],
    ["::/0", "PrefixForbidden"],
    ["169.254.1.0/24", "PrefixForbidden"],
    ["127.0.0.0/16", "PrefixForbidden"],
    ["224.0.0.0/8", "PrefixForbidden"],
    ["172.16.0.12/32", "PrefixForbidden"],
    ["172.16.0.20/30", "PrefixForbidden"],
    ["172.16.0.0/24", "NextHopCovered"],
    ["fd00::11/128", "NextHopCovered"],
  ])("%s: %s", (prefix, reason) => {
    const desired = judged(prefix);
    expect(desired.withheld).toMatchObject([{ prefix, reason }]);
    expect(hops(desired)).not.toHaveProperty([prefix]);
  });
});

test("more nodes than a route may have hops: a stable part of them", () => {
  const many = Array.from({ length: 100 }, (_, at) => at + 1);
  const nodes = Object.fromEntries(
    many.map((at) => [`n${at}`, nodeFact(1, 1, { addresses: [`172.16.1.${at}`], podPrefixes: [] })]),
  );
  const pods = Object.fromEntries(many.map((at) => [`web/n${at}`, reachFact([pod(["10.1.1.7"])])]));
  const ranges = clusterFact([...rangesOf(1), ...many.map((at) => range("node", `172.16.1.${at}/32`))]);
  const base = worldOf([
    section({ cluster: "a", kind: "cluster" }, { "": ranges }),
    section({ cluster: "a", kind: "node" }, nodes),
    section(
      { cluster: "a", kind: "export", namespace: "shop" },
      { web: exportFact({ clusterAddresses: ["10.101.0.80"] }) },
    ),
    web(pods),
  ]);
  const of = { ...onB1, onLink: ["172.16.0.0/16"] };
  const all = hops(routes(base, undefined, of))["10.101.0.80/32"]!;
  expect(all).toHaveLength(nextHopsPerRouteMax);
  const name = (hop: string) => `web/n${hop.split(".")[3]}`;
  const less = worldOf([removal({ cluster: "a", kind: "reach", namespace: "shop" }, [name(all[0]!)])], base);
  const rest = hops(routes(less, undefined, of))["10.101.0.80/32"]!;
  expect(rest.filter((hop) => !all.includes(hop))).toHaveLength(1);
  expect(all.slice(1).every((hop) => rest.includes(hop))).toBe(true);
});

describe("what was wanted before", () => {
  const before = routes(worldOf(both));
  const knownA = both.filter((fact) => fact.type === "section" && fact.shard.origin === "a");

  test("stays whole while nothing is known", () => {
    const blank: View = viewOf(emptyWorld());
    expect(localiseRoutes(blank, onB1, before)).toEqual({ ...before, withheld: [] });
  });

  test("stays whole after a restart from the store", () => {
    const world = worldOf(both);
    expect(routes(restoreWorld(world.declared, storedWorld(world)), before)).toMatchObject({
      install: before.install,
      originate: before.originate,
    });
  });

  test("stays, piece by piece, while its cluster is being told again in any order", () => {
    const stored = storedWorld(worldOf(both));
    const pieces = both.flatMap((fact): Fact[] =>
      fact.type === "section" ? fact.upserts.map((entry) => incomplete({ ...fact, upserts: [entry] })) : [],
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(pieces), fc.boolean(), (told, fresh) => {
        const start = fresh ? emptyWorld(worldOf([]).declared) : restoreWorld(worldOf([]).declared, stored);
        const now = routes(worldOf(told, start), before);
        expect(now.install).toEqual(before.install);
        expect(now.originate).toEqual(before.originate);
      }),
      { numRuns: 150 },
    );
  });

  test("a hop goes by its owner's report, even while the rest is unknown", () => {
    const told = knownA
      .filter((fact) => fact.type === "section" && ["cluster", "node", "export"].includes(fact.shard.kind))
      .map(incomplete);
    const world = worldOf([
      ...told,
      incomplete(web({ "web/a1": reachFact([pod(["10.1.1.7"], { ready: false })]) })),
    ]);
    expect(hops(routes(world, before))).toMatchObject({
      "10.101.0.80/32": ["172.16.0.12"],
      "fd00:1:1::80/128": ["fd00::12"],
    });
  });

  test("a hop whose node is not ready goes, though its pods are not told yet", () => {
    const told = knownA
      .filter((fact) => fact.type === "section" && ["cluster", "export"].includes(fact.shard.kind))
      .map(incomplete);
    const down = incomplete(
      section({ cluster: "a", kind: "node" }, { a1: nodeFact(1, 1, { ready: false }) }),
    );
    const now = hops(routes(worldOf([...told, down]), before));
    expect(now).toMatchObject({ "10.101.0.80/32": ["172.16.0.12"], "10.1.1.0/24": ["172.16.0.11"] });
  });

  test("a hop that is missing in an incomplete shard stays, in a complete one it goes", () => {
    const facts = knownA.filter(
      (fact) => fact.type === "section" && !(fact.shard.kind === "reach" && fact.shard.namespace === "shop"),
    );
    const part = web({ "web/a2": reachFact([pod(["10.1.2.7"])]) });
    expect(hops(routes(worldOf([...facts, incomplete(part)]), before))).toMatchObject(webOfA);
    expect(hops(routes(worldOf([...facts, part]), before))).toMatchObject({
      "10.101.0.80/32": ["172.16.0.12"],
    });
  });

  test("the last hop goes when its owner says so", () => {
    const world = worldOf([
      ...both,
      removal({ cluster: "a", kind: "reach", namespace: "shop" }, ["web/a1", "web/a2"]),
    ]);
    const now = routes(world, before);
    expect(hops(now)).not.toHaveProperty(["10.101.0.80/32"]);
    expect(now.withheld).toMatchObject([
      { prefix: "10.101.0.80/32", reason: "NoReadyEndpoints" },
      { prefix: "fd00:1:1::80/128" },
    ]);
  });

  test("a service that is exported no more goes, its pods' routes stay", () => {
    const world = worldOf([...both, removal({ cluster: "a", kind: "export", namespace: "shop" }, ["web"])]);
    expect(Object.keys(hops(routes(world, before)))).toEqual(
      Object.keys(hops(before)).filter((prefix) => !(prefix in webOfA)),
    );
  });

  test("a cluster that left takes everything with it", () => {
    expect(routes(worldOf([...both, { type: "forget", cluster: "a" }]), before).install).toEqual([]);
  });

  test("a hop that is on no network of this node any more goes", () => {
    const blank: View = viewOf(emptyWorld());
    const now = localiseRoutes(blank, { ...onB1, onLink: ["172.16.0.0/24"] }, before);
    expect(now.install.map((route) => route.prefix).filter((prefix) => prefix.includes(":"))).toEqual([]);
  });

  test("with everything known, what was wanted before does not matter", () => {
    const odd: DesiredRoutes = {
      install: [
        { prefix: "10.77.0.0/24", nextHops: ["172.16.0.11"], cluster: "a", purpose: "pods of node a1" },
        { prefix: "10.101.0.80/32", nextHops: ["172.16.0.99"], cluster: "a", purpose: "shop/web" },
      ],
      originate: [
        { prefix: "10.2.99.0/24", purpose: "pods of node b1" },
        { prefix: "10.102.0.99/32", purpose: "shop/gone" },
      ],
      withheld: [],
    };
    expect(routes(worldOf(both), odd)).toEqual(before);
  });
});

test("a purpose reads back", () => {
  const purposes = [
    { kind: "pods", node: "a1.example" },
    { kind: "service", namespace: "shop", name: "web" },
    { kind: "meshDns" },
  ] as const;
  expect(purposes.map(formatPurpose).map(parsePurpose)).toEqual(purposes);
  expect(["", "web", "a/b/c", "/x"].map(parsePurpose)).toEqual([undefined, undefined, undefined, undefined]);
});
