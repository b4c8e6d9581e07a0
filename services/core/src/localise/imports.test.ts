// Imports, slices and names: what a cluster that received everything makes of it.

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
  emptyWorld,
  localiseImport,
  localiseImports,
  localiseNames,
  localiseSlices,
  mayRemoveEndpoints,
  mayRemoveImport,
  viewOf,
  type DesiredNames,
  type ExportPort,
  type Fact,
  type ReachPort,
  type View,
} from "../index.ts";

const both = [...healthy("a", 1), ...healthy("b", 2)];
const view = viewOf(worldOf(both));

const port = (name: string, number: number): ExportPort & ReachPort => ({
  name,
  protocol: "TCP",
  port: number,
  appProtocol: "",
});
const endpoint = (address: string, more = {}) => ({
  address,
  ready: true,
  serving: true,
  terminating: false,
  hostname: "",
  zone: "",
  ...more,
});

/** One cluster's export of shop/web with a pod that listens on the same ports, 8000 higher. */
function exporting(cluster: string, n: number, ports: readonly ExportPort[], more = {}): readonly Fact[] {
  const listening = ports.map((it) => ({ ...it, port: it.port + 8000 }));
  return [
    ...healthy(cluster, n),
    section(
      { cluster, kind: "export", namespace: "shop" },
      { web: exportFact({ createdAt: n, clusterAddresses: [`10.10${n}.0.80`], ports, ...more }) },
    ),
    section(
      { cluster, kind: "reach", namespace: "shop" },
      {
        [`web/${cluster}1`]: { zone: "", groups: [{ ports: listening, pods: [pod([`10.${n}.1.7`])] }] },
        [`web/${cluster}2`]: { zone: "", groups: [] },
      },
    ),
  ];
}

test("a service is imported where its namespace is", () => {
  expect(localiseImports(view, new Set(["shop"]))).toMatchObject([
    { namespace: "shop", name: "web", ports: [port("http", 80)], service: { owner: "a" } },
  ]);
  expect(localiseImports(view, new Set(["blog"]))).toEqual([]);
  expect(localiseImport(view, "shop", "gone")).toBeUndefined();
});

test("endpoints by cluster and family, the importer's own too", () => {
  expect(
    localiseSlices(view, "shop", "web", "c").map((it) => [
      it.cluster,
      it.addressType,
      it.ports,
      it.endpoints.map((e) => e.address),
    ]),
  ).toEqual([
    ["a", "IPv4", [port("http", 8080)], ["10.1.1.7", "10.1.2.7"]],
    ["a", "IPv6", [port("http", 8080)], ["fd00:1::107", "fd00:1::207"]],
    ["b", "IPv4", [port("http", 8080)], ["10.2.1.7", "10.2.2.7"]],
    ["b", "IPv6", [port("http", 8080)], ["fd00:2::107", "fd00:2::207"]],
  ]);
});

test("conditions, hostname and zone are carried, endpoints sorted by number", () => {
  const world = worldOf([
    ...healthy("a", 1),
    section(
      { cluster: "a", kind: "reach", namespace: "shop" },
      {
        "web/a1": reachFact(
          [pod(["10.1.1.10"], { ready: false, terminating: true, hostname: "web-0" }), pod(["10.1.1.9"])],
          { zone: "z1" },
        ),
        "web/a2": reachFact([]),
      },
    ),
  ]);
  expect(localiseSlices(viewOf(world), "shop", "web", "c")).toMatchObject([
    {
      endpoints: [
        endpoint("10.1.1.9", { zone: "z1" }),
        endpoint("10.1.1.10", { ready: false, terminating: true, hostname: "web-0", zone: "z1" }),
      ],
    },
  ]);
});

test("a port that lost is not in the loser's slices (MCS 31)", () => {
  const world = worldOf([
    ...exporting("a", 1, [port("tcp", 42)]),
    ...exporting("b", 2, [port("tcp", 4242), port("more", 43)]),
  ]);
  expect(localiseSlices(viewOf(world), "shop", "web", "c").map((it) => [it.cluster, it.ports])).toEqual([
    ["a", [port("tcp", 8042)]],
    ["b", [port("more", 8043)]],
  ]);
});

test("a cluster whose every port lost has no slices (C19) (MCS 31)", () => {
  const world = worldOf([...exporting("a", 1, [port("tcp", 42)]), ...exporting("b", 2, [port("tcp", 4242)])]);
  expect(localiseSlices(viewOf(world), "shop", "web", "c").map((it) => it.cluster)).toEqual(["a"]);
});

test("a headless service without ports still has endpoints (MCS 24)", () => {
  const world = worldOf(exporting("a", 1, [], { type: "Headless", clusterAddresses: [] }));
  expect(localiseSlices(viewOf(world), "shop", "web", "c")).toMatchObject([
    { ports: [], endpoints: [{ address: "10.1.1.7" }] },
  ]);
});

test("only the families of the service (MCS 22)", () => {
  const world = worldOf([
    ...healthy("a", 1),
    section(
      { cluster: "a", kind: "export", namespace: "shop" },
      { web: exportFact({ ipFamilies: ["IPv6"], clusterAddresses: ["fd00:1:1::80"] }) },
    ),
  ]);
  expect(localiseSlices(viewOf(world), "shop", "web", "c").map((it) => it.addressType)).toEqual(["IPv6"]);
});

test("endpoints may go only when their cluster's pods, or its leaving, are known", () => {
  const unexported = viewOf(
    worldOf([...both, removal({ cluster: "a", kind: "export", namespace: "shop" }, ["web"])]),
  );
  const unsynced = viewOf(worldOf(both.filter((fact) => fact.type === "section").map(incomplete)));
  expect(mayRemoveEndpoints(view, "shop", "web", "a")).toBe(true);
  expect(mayRemoveEndpoints(unexported, "shop", "web", "a")).toBe(true);
  expect(mayRemoveEndpoints(unsynced, "shop", "web", "a")).toBe(false);
  expect(mayRemoveEndpoints(viewOf(emptyWorld()), "shop", "web", "a")).toBe(false);
  expect(
    mayRemoveEndpoints(viewOf(worldOf([...both, { type: "forget", cluster: "a" }])), "shop", "web", "a"),
  ).toBe(true);
  expect(mayRemoveImport(view, "shop", "web", [])).toBe(true);
  expect(mayRemoveImport(unsynced, "shop", "web", [])).toBe(false);
});

test("own zone apart, peers sorted, and kept while the stubs are not known to their end", () => {
  const names = localiseNames(view, "b");
  const stub = (cluster: string, n: number) => ({
    zone: `${cluster}.mesh.example`,
    meshZone: "mesh.example",
    addresses: [`10.10${n}.0.53`, `fd00:${n}:1::53`],
    port: 1053,
  });
  expect(names).toEqual({ own: stub("b", 2), peers: [stub("a", 1)] });
  expect(localiseNames(viewOf(emptyWorld()), "b", names)).toEqual(names);
  const unsure: View = { ...view, complete: () => false };
  const nothing = { own: undefined, peers: [] };
  expect(localiseNames(unsure, "b")).toEqual(nothing);
  expect(localiseNames(unsure, "b", nothing)).toEqual(nothing);
  const left = viewOf(worldOf([...both, { type: "forget", cluster: "a" }]));
  expect(localiseNames(left, "b", names)).toEqual({ own: stub("b", 2), peers: [] } satisfies DesiredNames);
});
