// Exports that say `sealane.dev/endpoints: vip`: others import the Service's addresses, the exporter its pods.

import { expect, test } from "vitest";
import {
  exportFact,
  healthy,
  incomplete,
  pod,
  reachFact,
  removal,
  section,
  worldOf,
} from "../../testing/mk.ts";
import {
  explainImport,
  localiseRoutes,
  localiseSlices,
  planSlices,
  viewOf,
  type ExportFact,
  type ExportPort,
  type Fact,
  type Slice,
  type World,
} from "../index.ts";

const addresses = ["10.101.0.80", "fd00:1:1::80"];
const http: ExportPort = { name: "http", protocol: "TCP", port: 80, appProtocol: "" };
const admin: ExportPort = { name: "admin", protocol: "TCP", port: 81, appProtocol: "" };

/** Cluster "a" exports shop/web by its addresses; what else it says follows. */
function byAddress(more: Partial<ExportFact> = {}, then: readonly Fact[] = []): readonly Fact[] {
  const web = exportFact({ createdAt: 1, clusterAddresses: addresses, endpoints: "vip", ...more });
  return [...healthy("a", 1), section({ cluster: "a", kind: "export", namespace: "shop" }, { web }), ...then];
}

/** What cluster "a" says of its pods: one on each node. */
function reach(...ready: readonly boolean[]): Fact {
  const facts = ready.map((each, at) => [
    `web/a${at + 1}`,
    reachFact([pod([`10.1.${at + 1}.7`], { ready: each, serving: each })]),
  ]);
  return section(
    { cluster: "a", kind: "reach", namespace: "shop" },
    Object.fromEntries(facts) as Record<string, ReturnType<typeof reachFact>>,
  );
}

const slicesIn = (importer: string, world: World) => localiseSlices(viewOf(world), "shop", "web", importer);

const endpointsIn = (importer: string, world: World) =>
  slicesIn(importer, world).map(({ cluster, addressType, ports, endpoints }) => [
    cluster,
    addressType,
    ports.map(({ name, port }) => `${name} ${port}`).join(","),
    ...endpoints.map(({ address, ready }) => `${address} ${ready ? "ready" : "unready"}`),
  ]);

test("others import one endpoint of each family, at the Service's ports", () => {
  expect(endpointsIn("c", worldOf(byAddress()))).toEqual([
    ["a", "IPv4", "http 80", "10.101.0.80 ready"],
    ["a", "IPv6", "http 80", "fd00:1:1::80 ready"],
  ]);
});

test("the exporter imports its own pods", () => {
  expect(endpointsIn("a", worldOf(byAddress()))).toEqual([
    ["a", "IPv4", "http 8080", "10.1.1.7 ready", "10.1.2.7 ready"],
    ["a", "IPv6", "http 8080", "fd00:1::107 ready", "fd00:1::207 ready"],
  ]);
});

test("of several exporters each is imported as it says itself, whoever is the oldest", () => {
  const world = worldOf([...byAddress({ createdAt: 2_000 }), ...healthy("b", 2)]);
  const of = (importer: string) => slicesIn(importer, world).map(({ endpoints }) => endpoints[0]?.address);
  expect(of("c")).toEqual(["10.101.0.80", "fd00:1:1::80", "10.2.1.7", "fd00:2::107"]);
  expect(of("b")).toEqual(of("c"));
  expect(of("a")).toEqual(["10.1.1.7", "fd00:1::107", "10.2.1.7", "fd00:2::107"]);
});

test("the address is ready while one pod is, and stays an unready endpoint when none is", () => {
  const ready = (...pods: readonly boolean[]) =>
    slicesIn("c", worldOf(byAddress({}, [reach(...pods)]))).map(({ endpoints }) => endpoints[0]?.ready);
  expect(ready(true, false)).toEqual([true, true]);
  expect(ready(false, false)).toEqual([false, false]);
  const noPods = removal({ cluster: "a", kind: "reach", namespace: "shop" }, ["web/a1", "web/a2"]);
  const without = slicesIn("c", worldOf(byAddress({}, [noPods])));
  expect(without.map(({ endpoints }) => endpoints[0]?.ready)).toEqual([false, false]);
});

test("pods that turn unready one by one cost no write before the last", () => {
  const slice = (world: World): Slice[] =>
    slicesIn("c", world).map((each) => ({ ...each, name: each.addressType }));
  const plan = (before: World, after: World) =>
    planSlices({
      baseName: "x",
      desired: slicesIn("c", after),
      observed: slice(before),
      mayRemove: () => true,
    });
  const both = worldOf(byAddress({}, [reach(true, true)]));
  const one = worldOf(byAddress({}, [reach(true, false)]));
  const none = worldOf(byAddress({}, [reach(false, false)]));
  expect(plan(both, one)).toEqual([]);
  expect(plan(one, none).map(({ action }) => action)).toEqual(["update", "update"]);
});

test("pods that are not known yet change nothing of what is there", () => {
  const facts = byAddress().filter(({ type }) => type === "section");
  const before = worldOf(byAddress());
  const unknown = worldOf(
    facts.flatMap((fact) => {
      const isReach = fact.type === "section" && fact.shard.kind === "reach";
      return isReach ? [incomplete({ ...fact, upserts: [] })] : [fact];
    }),
  );
  const observed = slicesIn("c", before).map((each) => ({ ...each, name: each.addressType }));
  expect(slicesIn("c", unknown)).toEqual([]);
  expect(planSlices({ baseName: "x", desired: [], observed, mayRemove: () => false })).toEqual([]);
});

test("whoever imports the address has next hops to it: the nodes with a ready pod", () => {
  const world = worldOf([...byAddress({}, [reach(true, false)]), ...healthy("b", 2)]);
  const onB1 = { cluster: "b", node: "b1", onLink: ["172.16.0.0/24", "fd00::/120"] };
  const imported = slicesIn("b", world).flatMap(({ cluster, endpoints }) =>
    cluster === "a" ? endpoints.map(({ address }) => address) : [],
  );
  const { install } = localiseRoutes(viewOf(world), onB1, undefined);
  const hops = imported.map((address) => install.find(({ prefix }) => prefix.startsWith(`${address}/`)));
  expect(hops.map((route) => route?.nextHops)).toEqual([["172.16.0.11"], ["fd00::11"]]);
});

test("a port that lost a conflict does not lead to the address (MCS 31)", () => {
  const world = worldOf([
    ...healthy("b", 2),
    ...byAddress({ createdAt: 9_000, ports: [{ ...http, port: 8_888 }, admin] }, []),
  ]);
  const listens = reachFact([pod(["10.1.1.7"])], {
    groups: [
      {
        ports: [
          { ...http, port: 9_999 },
          { ...admin, port: 9_081 },
        ],
        pods: [pod(["10.1.1.7"])],
      },
    ],
  });
  const known = worldOf(
    [section({ cluster: "a", kind: "reach", namespace: "shop" }, { "web/a1": listens })],
    world,
  );
  expect(endpointsIn("c", known).filter(([cluster]) => cluster === "a")).toEqual([
    ["a", "IPv4", "admin 81", "10.101.0.80 ready"],
    ["a", "IPv6", "admin 81", "fd00:1:1::80 ready"],
  ]);
});

test("only addresses in ranges that the cluster holds, and only in the service's families", () => {
  const outside = worldOf(byAddress({ clusterAddresses: ["192.0.2.80", "fd00:1:1::80"] }));
  expect(endpointsIn("c", outside).map(([, family]) => family)).toEqual(["IPv6"]);
  const single = worldOf(byAddress({ ipFamilies: ["IPv4"] }));
  expect(endpointsIn("c", single).map(([, family]) => family)).toEqual(["IPv4"]);
});

test("a name that is headless by the oldest export leads to pods", () => {
  const headless = exportFact({ createdAt: 1, type: "Headless", clusterAddresses: [] });
  const world = worldOf([
    ...byAddress({ createdAt: 2_000 }),
    ...healthy("b", 2),
    section({ cluster: "b", kind: "export", namespace: "shop" }, { web: headless }),
  ]);
  expect(slicesIn("c", world)[0]?.endpoints.map(({ address }) => address)).toEqual(["10.1.1.7", "10.1.2.7"]);
});

test("people are told at which address it is reached, but not the exporter", () => {
  const world = worldOf([...byAddress(), ...healthy("b", 2)]);
  const said = (importer: string) =>
    explainImport(world, importer, "shop", "web").map(({ message }) => message);
  expect(said("b")).toContainEqual(
    expect.stringContaining("2 of 2 pods ready, reached at the Service's address 10.101.0.80"),
  );
  expect(said("a").join()).not.toContain("reached at");
});
