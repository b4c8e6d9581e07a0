// Which clusters a port leads to, as kube-proxy and readers of ServiceImports find out: by name, in Service and slices.

import fc from "fast-check";
import { expect, test } from "vitest";
import { anyConstituents } from "../../testing/any-exports.ts";
import {
  clusterFact,
  exportFact,
  exportPort as port,
  pod,
  rangesOf,
  section,
  worldOf,
} from "../../testing/mk.ts";
import {
  localiseImport,
  localiseSlices,
  merge,
  viewOf,
  type Constituent,
  type ExportFact,
  type Fact,
  type ServiceType,
  type View,
} from "../index.ts";
import { derivedPorts } from "./ports.ts";

/** What clusters a, b and so on export as shop/web, each with a pod that listens 8000 ports higher. */
function viewOfExports(constituents: readonly Constituent[]): View {
  const facts = constituents.flatMap(({ cluster, fact }): readonly Fact[] => {
    const n = 1 + "abcde".indexOf(cluster);
    const listening = fact.ports.map((it) => ({ ...it, port: it.port + 8000 }));
    const addresses = [`10.${n}.1.7`, `fd00:${n}::107`].filter((address) =>
      fact.ipFamilies.includes(address.includes(":") ? "IPv6" : "IPv4"),
    );
    return [
      section({ cluster, kind: "cluster" }, { "": clusterFact(rangesOf(n)) }),
      section({ cluster, kind: "export", namespace: "shop" }, { web: { ...fact, clusterAddresses: [] } }),
      section(
        { cluster, kind: "reach", namespace: "shop" },
        { [`web/${cluster}1`]: { zone: "", groups: [{ ports: listening, pods: [pod(addresses)] }] } },
      ),
      { type: "synced", cluster },
    ];
  });
  return viewOf(worldOf(facts));
}

/** Exports of `a`, `b` and so on, the oldest first. */
function exportsOf(...facts: readonly Partial<ExportFact>[]): readonly Constituent[] {
  return facts.map((fact, at) => ({
    cluster: "abcde"[at]!,
    fact: exportFact({ createdAt: 1 + at, ...fact }),
  }));
}

/** Clusters whose slices have a port of this name. */
function clustersAt(view: View, name: string): readonly string[] {
  const slices = localiseSlices(view, "shop", "web", "z");
  return [
    ...new Set(slices.filter((it) => it.ports.some((each) => each.name === name)).map((it) => it.cluster)),
  ];
}

test("one name at two numbers leads to the older cluster alone (C19) (MCS 31)", () => {
  const view = viewOfExports(exportsOf({ ports: [port("tcp", 42)] }, { ports: [port("tcp", 4242)] }));
  expect(localiseImport(view, "shop", "web")!.ports).toEqual([port("tcp", 42)]);
  expect(clustersAt(view, "tcp")).toEqual(["a"]);
});

test("two names at two numbers lead to one cluster each (C20) (MCS 31)", () => {
  const view = viewOfExports(exportsOf({ ports: [port("tcp", 42)] }, { ports: [port("tcp2", 4242)] }));
  expect([clustersAt(view, "tcp"), clustersAt(view, "tcp2")]).toEqual([["a"], ["b"]]);
});

test("an additional port leads to those who have it, the shared one to all (C10) (MCS 31)", () => {
  const stcp = port("stcp", 142, { protocol: "SCTP" });
  const view = viewOfExports(exportsOf({ ports: [port("tcp", 42)] }, { ports: [port("tcp", 42), stcp] }));
  expect([clustersAt(view, "tcp"), clustersAt(view, "stcp")]).toEqual([["a", "b"], ["b"]]);
  expect(localiseSlices(view, "shop", "web", "z").flatMap((it) => it.ports)).toContainEqual({
    ...stcp,
    port: 8142,
  });
});

test("what is spoken at a port does not decide whom it reaches; each slice says what is spoken there (MCS 29)", () => {
  const view = viewOfExports(
    exportsOf({ ports: [port("tcp", 42, { appProtocol: "h2c" })] }, { ports: [port("tcp", 42)] }),
  );
  expect(clustersAt(view, "tcp")).toEqual(["a", "b"]);
  const spoken = localiseSlices(view, "shop", "web", "z").map(
    (it) => [it.cluster, it.ports[0]!.appProtocol] as const,
  );
  expect(new Map(spoken)).toEqual(
    new Map([
      ["a", "h2c"],
      ["b", ""],
    ]),
  );
});

test("a port without a name is in slices as the import has it, and as the derived Service does (MCS 30)", () => {
  const view = viewOfExports(exportsOf({ ports: [port("", 80)] }));
  expect(localiseImport(view, "shop", "web")).toMatchObject({
    ports: [port("port-80-tcp", 80)],
    service: { ports: [port("", 80)] },
  });
  expect(localiseSlices(view, "shop", "web", "z")[0]!.ports).toEqual([
    port("", 8080),
    port("port-80-tcp", 8080),
  ]);
});

test("another cluster's port renames none and rewrites no slice of a port without a name (MCS 28, 30)", () => {
  const alone = viewOfExports(exportsOf({ ports: [port("", 80)] }));
  const both = viewOfExports(exportsOf({ ports: [port("", 80)] }, { ports: [port("x", 81)] }));
  const [before, after] = [alone, both].map((view) => localiseImport(view, "shop", "web")!.ports);
  expect(after).toEqual([...before!, port("x", 81)]);
  const ofA = (view: View) => localiseSlices(view, "shop", "web", "z").filter((it) => it.cluster === "a");
  expect(ofA(both)).toEqual(ofA(alone));
});

test("a headless service has no derived Service, so its slices have its ports' own names (MCS 24)", () => {
  const headless = { type: "Headless", ports: [port("", 80)] } as const;
  const view = viewOfExports(exportsOf(headless, { ports: [port("x", 81)] }));
  const ports = localiseSlices(view, "shop", "web", "z").map((it) => [it.cluster, it.ports] as const);
  expect(new Map(ports)).toEqual(
    new Map([
      ["a", [port("", 8080)]],
      ["b", [port("x", 8081)]],
    ]),
  );
});

test("a made name stays with its port: a younger port of that name is in conflict, and disturbs nothing (MCS 28, 30)", () => {
  const oldest = { ports: [port("", 80)] };
  const alone = viewOfExports(exportsOf(oldest));
  const named = [port("port-80-tcp", 81), port("port-80-tcp-2", 82)];
  const both = viewOfExports(exportsOf(oldest, { ports: named }));
  expect(localiseImport(both, "shop", "web")!.ports).toEqual([port("port-80-tcp", 80), named[1]]);
  const ofA = (view: View) => localiseSlices(view, "shop", "web", "z").filter((it) => it.cluster === "a");
  expect(ofA(both)).toEqual(ofA(alone));
  expect(clustersAt(both, "port-80-tcp")).toEqual(["a"]);
  const { status } = merge(exportsOf(oldest, { ports: named }))!;
  expect(status.conflicts).toEqual(["PortConflict"]);
  expect(status.message).toContain(
    'lost to an older port, so nothing is sent to it: "port-80-tcp TCP/81" of "b"',
  );
});

test("a made name is no older port's (MCS 30)", () => {
  const taken = exportsOf(
    { ports: [port("port-80-tcp", 81), port("port-80-tcp-2", 82)] },
    { ports: [port("", 80)] },
    { ports: [port("port-80-tcp-3", 83)] },
  );
  expect(derivedPorts(merge(taken)!.service)).toEqual([
    port("port-80-tcp-3", 80),
    port("port-80-tcp", 81),
    port("port-80-tcp-2", 82),
  ]);
});

test("a younger export renames no port of the derived Service (MCS 28)", () => {
  fc.assert(
    fc.property(anyConstituents, anyConstituents, (older, [youngest]) => {
      const ranked = older.map((it) => ({ ...it, cluster: `a${it.cluster}` }));
      const last = { cluster: "z", fact: { ...youngest!.fact, createdAt: 9 } };
      const before = derivedPorts(merge(ranked)!.service);
      expect(derivedPorts(merge([...ranked, last])!.service)).toEqual(expect.arrayContaining([...before]));
    }),
    { numRuns: 300 },
  );
});

test("a derived Service is one that an API server takes: every port has a name, each once (MCS 30)", () => {
  fc.assert(
    fc.property(anyConstituents, (constituents) => {
      const { service } = merge(constituents)!;
      const ports = derivedPorts(service);
      expect(ports.map((it) => ({ ...it, name: "" }))).toEqual(
        service.ports.map((it) => ({ ...it, name: "" })),
      );
      expect(new Set(ports.map((it) => it.name)).size).toBe(ports.length);
      for (const { name } of ports) expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    }),
    { numRuns: 300 },
  );
});

test("every port leads to exactly the clusters that expose it, by either of its names (MCS 31)", () => {
  fc.assert(
    fc.property(anyConstituents, (constituents) => {
      const view = viewOfExports(constituents);
      const { service, ports } = localiseImport(view, "shop", "web")!;
      for (const [at, used] of service.ports.entries()) {
        const exposing = constituents.filter(({ fact }) =>
          fact.ports.some(
            (own) => own.name === used.name && own.protocol === used.protocol && own.port === used.port,
          ),
        );
        const reached = exposing.filter(({ fact }) =>
          fact.ipFamilies.some((family) => service.ipFamilies.includes(family)),
        );
        const clusters = reached.map(({ cluster }) => cluster).toSorted();
        expect(clustersAt(view, used.name)).toEqual(clusters);
        const joined: Readonly<Record<ServiceType, string>> = {
          ClusterSetIP: ports[at]!.name,
          Headless: used.name,
        };
        expect(clustersAt(view, joined[service.type])).toEqual(clusters);
      }
    }),
    { numRuns: 150 },
  );
});

test("slices are of the import's families, and of one cluster each (MCS 22, 24)", () => {
  fc.assert(
    fc.property(anyConstituents, (constituents) => {
      const view = viewOfExports(constituents);
      const { service } = localiseImport(view, "shop", "web")!;
      for (const slice of localiseSlices(view, "shop", "web", "z")) {
        expect(service.ipFamilies).toContain(slice.addressType);
        expect(service.exporters.map((it) => it.cluster)).toContain(slice.cluster);
      }
    }),
    { numRuns: 100 },
  );
});
