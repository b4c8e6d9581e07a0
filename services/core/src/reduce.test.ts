// The laws of the world: same facts, same bytes; repeats change nothing; what is touched is all that changes.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deepFreeze } from "../testing/freeze.ts";
import {
  clusterFact,
  declared,
  clusterDocument,
  exportFact,
  healthy,
  incomplete,
  nodeFact,
  pod,
  range,
  rangesOf,
  reachFact,
  removal,
  section,
  worldOf,
} from "../testing/mk.ts";
import { publishedEntries, publishedText } from "../testing/published.ts";
import { fuse } from "./fuse.ts";
import {
  completeness,
  emptyWorld,
  lookup,
  reduce,
  restoreWorld,
  sameValue,
  shardKey,
  storedWorld,
  type Fact,
  type World,
} from "./index.ts";

const clusters = ["a", "b", "c"] as const;
const namespaces = ["shop", "blog", "sealane-system"] as const;
const services = ["web", "api", "mesh-dns"] as const;

const cluster = fc.constantFrom(...clusters);
const namespace = fc.constantFrom(...namespaces);
const service = fc.constantFrom(...services);
const number = (name: string) => clusters.indexOf(name as (typeof clusters)[number]) + 1;

/** Ranges that sometimes overlap between clusters, sometimes between kinds, sometimes are nonsense. */
const anyRanges = (own: string) =>
  fc
    .subarray([
      ...rangesOf(number(own)),
      range("pod", "10.1.0.0/17"),
      range("pod", "10.1.128.0/17"),
      range("service", "10.2.0.0/20"),
      range("pod", "10.0.0.0/14"),
      range("node", "172.16.0.11/32"),
      range("pod", "fd00:2::/96"),
      range("pod", "10.9.0.1/16"),
    ])
    .map((ranges) => clusterFact(ranges, { dnsAddresses: [`10.10${number(own)}.0.53`] }));

const anyExport = (own: string) =>
  fc
    .record({
      createdAt: fc.integer({ min: 1, max: 3 }),
      type: fc.constantFrom("ClusterSetIP" as const, "Headless" as const),
      clusterAddresses: fc.subarray([`10.10${number(own)}.0.80`, `fd00:${number(own)}:1::80`, "192.0.2.1"]),
      labels: fc.constantFrom({}, { tier: "one" }),
      port: fc.constantFrom(80, 81),
    })
    .map(({ port, ...more }) =>
      exportFact({ uid: own, ...more, ports: [{ name: "http", protocol: "TCP", port, appProtocol: "" }] }),
    );

const anyReach = (own: string) =>
  fc
    .record({ pods: fc.subarray([1, 2, 9]), ready: fc.boolean() })
    .map(({ pods, ready }) =>
      reachFact(pods.map((it) => pod([`10.${number(own)}.${it}.7`, `fd00:${it}::7`], { ready }))),
    );

const anyFact: fc.Arbitrary<Fact> = cluster.chain((own) => {
  const whole = (fact: Fact) => fc.boolean().map((complete) => (complete ? fact : incomplete(fact)));
  return fc.oneof(
    anyRanges(own).chain((fact) => whole(section({ cluster: own, kind: "cluster" }, { "": fact }))),
    fc
      .constantFrom(1, 2)
      .chain((index) =>
        whole(section({ cluster: own, kind: "node" }, { [`n${index}`]: nodeFact(number(own), index) })),
      ),
    fc.constantFrom("n1", "n2").map((node) => removal({ cluster: own, kind: "node" }, [node])),
    fc
      .tuple(namespace, service, anyExport(own))
      .chain(([ns, name, fact]) =>
        whole(section({ cluster: own, kind: "export", namespace: ns }, { [name]: fact })),
      ),
    fc
      .tuple(namespace, service)
      .map(([ns, name]) => removal({ cluster: own, kind: "export", namespace: ns }, [name])),
    fc
      .tuple(namespace, service, fc.constantFrom("n1", "n2"), anyReach(own))
      .chain(([ns, name, node, fact]) =>
        whole(section({ cluster: own, kind: "reach", namespace: ns }, { [`${name}/${node}`]: fact })),
      ),
    fc
      .tuple(namespace, service, fc.constantFrom("n1", "n2"))
      .map(([ns, name, node]) =>
        removal({ cluster: own, kind: "reach", namespace: ns }, [`${name}/${node}`]),
      ),
    fc.constant<Fact>({ type: "synced", cluster: own }),
    fc.constant<Fact>({ type: "forget", cluster: own }),
    fc.constantFrom(1, 2, 99).map((upTo): Fact => ({ type: "letGo", members: [[own, upTo]] })),
    fc.constantFrom("shop", "blog").map((ns) => removal({ cluster: own, kind: "namespace" }, [ns])),
    fc
      .constantFrom("withdrawing" as const, "dismissed" as const)
      .map((departure): Fact => ({ type: "depart", cluster: own, departure })),
    fc
      .constantFrom(
        declared(),
        declared({ meshZone: "other.example", reserved: ["10.2.0.0/16"] }),
        declared({ pools: [{ kind: "pod", prefix: "10.64.0.0/12" }] }, [
          clusterDocument("a", { exportNamespaces: ["shop"], asn: 65001 }),
          clusterDocument("b", { claims: ["10.2.0.0/16", "10.102.0.0/16"] }),
        ]),
      )
      .map((value): Fact => ({ type: "declared", declared: value })),
  );
});

const history = fc.array(anyFact, { minLength: 1, maxLength: 25 });

/** Everything three clusters with ranges of their own say, entry by entry, so that any order says the same. */
const atoms: readonly Fact[] = clusters
  .flatMap((name) => healthy(name, number(name)))
  .flatMap((fact): Fact[] =>
    fact.type === "section" ? fact.upserts.map((entry) => ({ ...fact, upserts: [entry] })) : [fact],
  );

describe("the same facts give the same bytes", () => {
  const want = publishedText(worldOf(atoms));

  test("in any order", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...atoms], { minLength: atoms.length }), (shuffled) => {
        expect(publishedText(worldOf(shuffled))).toBe(want);
      }),
      { numRuns: 60 },
    );
  });

  test("in any order after overlapping ranges were admitted in one order", () => {
    const rangesFirst: Fact[] = [
      section({ cluster: "a", kind: "cluster" }, { "": clusterFact([...rangesOf(1)]) }),
      section(
        { cluster: "b", kind: "cluster" },
        { "": clusterFact([...rangesOf(2), range("pod", "10.1.7.0/24")]) },
      ),
      section(
        { cluster: "c", kind: "cluster" },
        { "": clusterFact([...rangesOf(3), range("service", "10.2.0.0/16")]) },
      ),
    ];
    const rest = atoms.filter((fact) => fact.type !== "section" || fact.shard.kind !== "cluster");
    const admitted = worldOf(rangesFirst);
    const expected = publishedText(worldOf(rest, admitted));
    fc.assert(
      fc.property(fc.shuffledSubarray([...rest], { minLength: rest.length }), (shuffled) => {
        expect(publishedText(worldOf(shuffled, admitted))).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });

  test("and the three clusters see each other whole", () => {
    const world = worldOf(atoms);
    expect(lookup(world, { kind: "import", origin: "", namespace: "shop" }, "web")).toMatchObject({
      owner: "a",
      exporters: [{ cluster: "a" }, { cluster: "b" }, { cluster: "c" }],
    });
    expect(want).not.toContain("partial");
  });
});

test("a fact that is already known gives the same world", () => {
  fc.assert(
    fc.property(history, (facts) => {
      const world = worldOf(facts);
      const last = facts.at(-1)!;
      expect(reduce(world, structuredClone(last)).world).toBe(world);
    }),
    { numRuns: 200 },
  );
});

test("touched entries are all that change, and the full pass agrees after every fact", () => {
  fc.assert(
    fc.property(history, (facts) => {
      let world: World = deepFreeze(emptyWorld(declared()));
      const held = new Map<string, string>();
      for (const fact of facts) {
        const { world: next, touched, completenessChanged } = reduce(world, fact);
        expect(completenessChanged || sameValue(wholeShards(next), wholeShards(world))).toBe(true);
        world = deepFreeze(next);
        for (const { shard, key } of touched) {
          const [kind = "", origin = "", ns = ""] = shard.split("|");
          const value = lookup(world, { kind: kind as never, origin, namespace: ns }, key);
          if (value === undefined) held.delete(`${shard} ${key}`);
          else held.set(`${shard} ${key}`, JSON.stringify(value));
        }
        expect(new Map([...held].toSorted())).toEqual(new Map([...publishedEntries(world)].toSorted()));
      }
    }),
    { numRuns: 300 },
  );
});

/** Ids of whole shards; of the ones that exist in every world of these tests. */
function wholeShards(world: World): readonly string[] {
  const perCluster = clusters.flatMap((origin) => [
    { kind: "node" as const, origin, namespace: "" },
    ...namespaces.flatMap((ns) => [
      { kind: "reach" as const, origin, namespace: ns },
      { kind: "exportStatus" as const, origin, namespace: ns },
    ]),
  ]);
  const merged = namespaces.map((ns) => ({ kind: "import" as const, origin: "", namespace: ns }));
  return [...perCluster, ...merged].filter((id) => completeness(world, id)).map(shardKey);
}

test("what the world derives is what deriving it anew gives", () => {
  fc.assert(
    fc.property(history, (facts) => {
      const world = worldOf(facts);
      const anew = restoreWorld(world.declared, storedWorld(world));
      expect(anew.book).toEqual(world.book);
      for (const name of storedWorld(world).clusters.map((it) => it.name)) {
        expect(anew.admissions.get(name)?.verdicts ?? []).toEqual(world.admissions.get(name)?.verdicts ?? []);
      }
      for (const [ns, names] of world.services) {
        for (const [name, fused] of names) {
          expect(fuse({ ...world, services: emptyWorld().services }, ns, name, clusters)).toEqual(fused);
          expect(anew.services.get(ns)?.get(name)).toEqual(fused);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test("what a cluster holds and still reports it keeps, whatever another one says", () => {
  const held = (world: World, name: string) =>
    (world.admissions.get(name)?.verdicts ?? [])
      .filter((it) => it.admitted)
      .map((it) => `${it.kind} ${it.prefix}`);
  fc.assert(
    fc.property(history, cluster, (facts, speaker) => {
      const world = worldOf(facts);
      fc.assert(
        fc.property(anyRanges(speaker), (fact) => {
          const next = reduce(world, section({ cluster: speaker, kind: "cluster" }, { "": fact })).world;
          for (const name of clusters.filter((it) => it !== speaker)) {
            expect(held(next, name)).toEqual(expect.arrayContaining(held(world, name)));
          }
        }),
        { numRuns: 5 },
      );
    }),
    { numRuns: 60 },
  );
});

test("a cluster that left and comes back begins anew", () => {
  const world = worldOf([...healthy("a", 1), ...healthy("b", 2), { type: "forget", cluster: "b" }]);
  expect(publishedText(world)).toBe(publishedText(worldOf(healthy("a", 1))));
  expect(publishedText(worldOf(healthy("b", 2), world))).toBe(
    publishedText(worldOf([...healthy("a", 1), ...healthy("b", 2)])),
  );
});

test("a readiness change touches one entry", () => {
  const world = worldOf([...healthy("a", 1), ...healthy("b", 2)]);
  const change = section(
    { cluster: "a", kind: "reach", namespace: "shop" },
    { "web/a1": reachFact([pod(["10.1.1.7"], { ready: false })]) },
  );
  expect(reduce(world, change)).toMatchObject({
    touched: [{ shard: shardKey({ kind: "reach", origin: "a", namespace: "shop" }), key: "web/a1" }],
    completenessChanged: false,
  });
});

test("a namespace that is gone leaves no empty shards behind, in either order", () => {
  const of = { cluster: "a", namespace: "shop" };
  const gone = [
    removal({ cluster: "a", kind: "namespace" }, ["shop"]),
    removal({ ...of, kind: "export" }, ["web"]),
    removal({ ...of, kind: "reach" }, ["web/a1", "web/a2"]),
  ];
  for (const facts of [gone, gone.toReversed()]) {
    const world = worldOf([...healthy("a", 1), ...facts]);
    const origin = world.origins.get("a")!;
    expect([[...origin.exports.keys()], [...origin.reach.keys()]]).toEqual([[], ["sealane-system"]]);
    expect(completeness(world, { kind: "reach", origin: "a", namespace: "shop" })).toBe(true);
    for (const fact of facts) expect(reduce(world, fact).world).toBe(world);
  }
});
