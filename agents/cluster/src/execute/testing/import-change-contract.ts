// What the executor must do when an imported service changes, as cases for the fake and the real API server: follow it
// with the fewest writes, and keep addresses that need not change.

import { expect, test } from "vitest";
import type { ExportPort, ReachFact } from "@sealane/core";
import { resources } from "../../kube/resource.ts";
import type { AnyObject } from "../../kube/testing/fixtures.ts";
import { eventually } from "../../kube/testing/wait.ts";
import { executorBench } from "./bench.ts";
import type { Bench, BenchForm } from "./bench.ts";
import { importBench } from "./import-bench.ts";
import { mergedService, reachFact } from "./test-view.ts";

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

const port = (name: string, number: number, over: Partial<ExportPort> = {}): ExportPort => ({
  name,
  protocol: "TCP",
  port: number,
  appProtocol: "",
  ...over,
});

function exporting(ports: readonly ExportPort[]): Parameters<typeof mergedService>[0] {
  const names = ports.map(({ name }) => name);
  return {
    ports,
    exporters: [{ cluster: "a", clusterAddresses: ["10.111.0.1"], ports: names, endpoints: "pods" }],
  };
}

/** Pods that listen on the same ports. */
function listening(ports: readonly ExportPort[]): ReachFact {
  const { groups, zone } = reachFact([1]);
  return { zone, groups: groups.map(({ pods }) => ({ pods, ports })) };
}

/** Runs the suite of changes. */
export function importChangeContract(start: (namespace: string) => Promise<BenchForm>): void {
  const the = executorBench(start);
  addressCases(the);
  portCases(the);
  sliceCases(the);
  restartCases(the);
}

function addressCases(the: () => Bench): void {
  const web = importBench(the);
  const families = async (): Promise<unknown> => (await web.serviceImport())?.["spec"].ipFamilies;

  test("a second family comes and goes, and the first address stays (MCS 21)", async () => {
    await web.imported();
    const [first] = await web.ips();
    web.publish({ ipFamilies: ["IPv4", "IPv6"] });
    await eventually("two addresses", async () => (await web.ips()).length === 2);
    expect((await web.ips())[0]).toBe(first);
    web.publish({ ipFamilies: ["IPv4"] });
    await eventually("one address", async () => (await web.ips()).length === 1);
    expect([await web.ips(), await families()]).toEqual([[first], ["IPv4"]]);
    expect((await web.derived())?.["spec"]).toMatchObject({ ipFamilyPolicy: "SingleStack" });
  });

  test("a service that lost its first family keeps the address of the other (MCS 22)", async () => {
    await web.imported({ ipFamilies: ["IPv6", "IPv4"] });
    const [, second] = await web.ips();
    web.publish({ ipFamilies: ["IPv4"] });
    await eventually("one address", async () => (await web.ips()).length === 1);
    expect([await web.ips(), await families()]).toEqual([[second], ["IPv4"]]);
  });

  test("a service that changed its only family has an address of the new one (MCS 22)", async () => {
    await web.imported();
    web.publish({ ipFamilies: ["IPv6"] }, reachFact([]));
    await eventually("the address", async () => (await web.ips())[0]?.includes(":") === true);
    expect(await families()).toEqual(["IPv6"]);
    expect((await web.derived())?.["spec"].clusterIPs).toEqual(await web.ips());
  });

  test("a service of both families in a cluster of one has an address of that one (MCS 22, 23)", async () => {
    await web.makeNamespace();
    await the().restart({ service: ["10.112.0.0/16"] });
    web.publish({ ipFamilies: ["IPv6", "IPv4"] });
    await eventually("the import to be ready", async () => (await web.ready()) === "True Ready");
    expect([(await web.ips()).length, await families()]).toEqual([1, ["IPv4"]]);
  });

  test("a lost Service comes back with both addresses in their order, whatever order is wanted now (MCS 21)", async () => {
    await web.imported({ ipFamilies: ["IPv6", "IPv4"] });
    const before = await web.ips();
    const lost = await web.derived();
    the().term.abort();
    await the().kube.remove(resources.services, the().namespace, lost?.metadata.name ?? "");
    await the().restart();
    web.publish({ ipFamilies: ["IPv4", "IPv6"] });
    await eventually("the Service", async () => (await web.derived()) !== undefined);
    await the().settled();
    expect((await web.derived())?.["spec"].clusterIPs).toEqual(before);
    expect(await web.ips()).toEqual(before);
  });

  const addressOf = (ip: string) => the().kube.get(resources.ipAddresses, "", ip);
  /** No agent is there when the derived Service goes. */
  const loseService = async (): Promise<string> => {
    const name = (await web.derived())?.metadata.name ?? "";
    the().term.abort();
    await the().kube.remove(resources.services, the().namespace, name);
    return name;
  };

  test("an address that the API server keeps for a Service that is gone is freed and had again (MCS 21)", async () => {
    await web.imported({ ipFamilies: ["IPv4", "IPv6"] });
    const before = await web.ips();
    const { kube, namespace } = the();
    const name = await loseService();
    const [first = ""] = before;
    await eventually("its address to be free", async () => (await addressOf(first)) === undefined);
    // As the API server's own repair does when a Service goes while it looks.
    await kube.create(resources.ipAddresses, "", first, {
      spec: { parentRef: { group: "", resource: "services", namespace, name } },
    });
    const kept = (await addressOf(first))?.metadata.uid;
    await the().restart();
    web.publish({ ipFamilies: ["IPv4", "IPv6"] });
    await eventually("the Service", async () => (await web.derived()) !== undefined, 20_000);
    await the().settled();
    expect((await web.derived())?.["spec"].clusterIPs).toEqual(before);
    expect(await web.ips()).toEqual(before);
    expect((await addressOf(first))?.metadata.uid).not.toBe(kept);
  });

  test("a derived Service that lost its label keeps its address, and gets the label back (MCS 21)", async () => {
    await web.imported({ ipFamilies: ["IPv4", "IPv6"] });
    const before = await web.derived();
    const [first = ""] = await web.ips();
    const uid = (await addressOf(first))?.metadata.uid;
    const { kube, namespace } = the();
    const mark = "app.kubernetes.io/managed-by";
    const name = before?.metadata.name ?? "";
    await kube.patch(resources.services, namespace, name, { metadata: { labels: { [mark]: null } } });
    await eventually("the label", async () => (await web.derived())?.metadata.labels?.[mark] === "sealane");
    await the().settled();
    expect((await web.derived())?.metadata.uid).toBe(before?.metadata.uid);
    expect((await addressOf(first))?.metadata.uid).toBe(uid);
    expect((await web.derived())?.["spec"].clusterIPs).toEqual(await web.ips());
  });

  test("an address that another Service has by now is left to it, and the other family's stays (MCS 21)", async () => {
    await web.imported({ ipFamilies: ["IPv4", "IPv6"] });
    const before = await web.ips();
    const { kube, namespace } = the();
    await loseService();
    await eventually("its address to be free", async () => (await addressOf(before[1] ?? "")) === undefined);
    const spec = {
      ipFamilies: ["IPv6"],
      clusterIP: before[1],
      clusterIPs: [before[1]],
      ports: [{ port: 80 }],
    };
    await kube.create(resources.services, namespace, "other", { spec });
    await the().restart();
    web.publish({ ipFamilies: ["IPv4", "IPv6"] });
    await eventually("the Service", async () => (await web.derived()) !== undefined);
    await the().settled();
    const after = await web.ips();
    expect([after[0], after.length]).toEqual([before[0], 2]);
    expect(after[1]).not.toBe(before[1]);
    expect((await addressOf(before[1] ?? ""))?.["spec"].parentRef.name).toBe("other");
  });

  test("a type that turns is told at the import and at the export, once each (MCS 25)", async () => {
    await web.imported();
    const { kube, namespace } = the();
    await kube.create(resources.serviceExports, namespace, "web");
    await the().settled();
    web.publish({ type: "Headless" });
    await eventually("both Events", async () => (await web.notes("TypeChanged")).length === 2);
    expect((await web.notes("TypeChanged"))[0]).toContain(
      `Service ${namespace}/web is Headless now and was ClusterSetIP: the oldest export decides, which is cluster "a"'s.`,
    );
    expect((await web.serviceImport())?.["spec"]).toMatchObject({ type: "Headless" });
    expect(await web.derived()).toBeUndefined();
    web.publish();
    await eventually("both Events", async () => (await web.notes("TypeChanged")).length === 4);
    expect(await web.ips()).toHaveLength(1);
  });
}

function portCases(the: () => Bench): void {
  const web = importBench(the);

  test("ports of several protocols, named or not, are the import's as they are, and join Service and slices (C9)", async () => {
    const ports = [
      port("", 80),
      port("dns", 53, { protocol: "UDP" }),
      port("grpc", 9000, { appProtocol: "kubernetes.io/h2c" }),
      port("stcp", 142, { protocol: "SCTP" }),
    ];
    await web.imported(exporting(ports), listening(ports));
    expect((await web.serviceImport())?.["spec"].ports).toEqual([
      { protocol: "TCP", port: 80 },
      { name: "dns", protocol: "UDP", port: 53 },
      { name: "grpc", protocol: "TCP", port: 9000, appProtocol: "kubernetes.io/h2c" },
      { name: "stcp", protocol: "SCTP", port: 142 },
    ]);
    const named = (all: readonly { name: string; port: number }[]): readonly string[] =>
      all.map((each) => `${each.name} ${each.port}`).toSorted();
    const service = named((await web.derived())?.["spec"].ports as { name: string; port: number }[]);
    expect(service.every((each) => !each.startsWith(" "))).toBe(true);
    const [slice] = await web.slices();
    // The port without a name is there for readers of the import, too.
    expect(named(slice?.["ports"] as { name: string; port: number }[])).toEqual([" 80", ...service]);
  });

  test("the only port has a name in the derived Service though it has none in the import; slices have both (MCS 30)", async () => {
    await web.imported(exporting([port("", 80)]), listening([port("", 8080)]));
    expect((await web.serviceImport())?.["spec"].ports).toEqual([{ protocol: "TCP", port: 80 }]);
    expect((await web.derived())?.["spec"].ports).toMatchObject([{ name: "port-80-tcp", port: 80 }]);
    expect((await web.slices())[0]?.["ports"]).toMatchObject([
      { name: "", port: 8080 },
      { name: "port-80-tcp", port: 8080 },
    ]);
  });

  test("ports that change while exported are followed, and the address stays (MCS 30)", async () => {
    await web.imported();
    const before = await web.ips();
    const ports = [port("http", 8080), port("metrics", 9090)];
    web.publish(exporting(ports), listening(ports));
    await eventually("the ports", async () => (await web.serviceImport())?.["spec"].ports.length === 2);
    await the().settled();
    const service = await web.derived();
    expect(service?.["spec"].ports).toMatchObject([{ port: 8080 }, { port: 9090 }]);
    expect([await web.ips(), service?.["spec"].clusterIPs]).toEqual([before, before]);
  });
}

function sliceCases(the: () => Bench): void {
  const web = importBench(the);

  test("one of 250 endpoints that changes costs one write (MCS 37, 42)", async () => {
    await web.imported({}, reachFact(range(1, 251)));
    expect((await web.slices()).map((slice) => slice["endpoints"].length).toSorted()).toEqual([100, 100, 50]);
    web.publish({}, reachFact(range(1, 251), [120]));
    await the().settled();
    expect(the().writes()).toHaveLength(1);
  });

  test("conditions, hostname and zone are carried, and the zone is hinted where the service asks for it (MCS 32)", async () => {
    const { groups } = reachFact([]);
    const [{ ports } = { ports: [] }] = groups;
    const pod = {
      addresses: ["10.1.0.1"],
      ready: false,
      serving: true,
      terminating: true,
      hostname: "web-0",
    };
    const reach = { zone: "z1", groups: [{ ports, pods: [{ ...pod, pod: "web-0" }] }] };
    await web.imported({ trafficDistribution: "PreferClose" }, reach);
    const endpoint = {
      addresses: ["10.1.0.1"],
      conditions: { ready: false, serving: true, terminating: true },
      hostname: "web-0",
      zone: "z1",
    };
    const endpoints = async (): Promise<unknown> => (await web.slices())[0]?.["endpoints"];
    expect(await endpoints()).toEqual([{ ...endpoint, hints: { forZones: [{ name: "z1" }] } }]);
    web.publish({}, reach);
    await the().settled();
    expect(await endpoints()).toEqual([endpoint]);
  });
}

function restartCases(the: () => Bench): void {
  const importsMax = 60;
  const publishMany = (): void => {
    const { view, namespace, executor } = the();
    for (const at of range(0, importsMax)) {
      view.merged.set(`${namespace}/many-${at}`, mergedService({ ipFamilies: ["IPv4", "IPv6"] }));
      view.setReach("a", namespace, `many-${at}`, "a1", reachFact([1, 2]));
    }
    view.whole({ kind: "import", origin: "", namespace }, { kind: "reach", origin: "a", namespace });
    executor.touchAll();
  };
  const ready = async (): Promise<readonly AnyObject[]> =>
    (await the().kube.list(resources.serviceImports, the().namespace)).filter(
      (each) => each["status"]?.conditions?.[0]?.status === "True",
    );

  test("a new leader of many imports writes nothing (MCS 42)", async () => {
    await the().kube.create(resources.namespaces, "", the().namespace);
    publishMany();
    await eventually("every import", async () => (await ready()).length === importsMax, 30_000);
    await the().settled();
    await the().restart();
    the().writes();
    publishMany();
    await the().settled();
    expect(the().executor.counts()).toContainEqual({
      kind: "imports",
      desired: importsMax,
      observed: importsMax,
    });
    expect(the().writes()).toEqual([]);
  }, 60_000);

  test("exports that come and go in haste leave nothing behind (MCS 19)", async () => {
    const { kube, view, namespace, executor } = the();
    await kube.create(resources.namespaces, "", namespace);
    view.whole({ kind: "import", origin: "", namespace }, { kind: "reach", origin: "a", namespace });
    const names = range(0, 30).map((at) => `hasty-${at}`);
    for (let round = 0; round < 6; round++) {
      for (const name of names) {
        if (round % 2 === 0) view.merged.set(`${namespace}/${name}`, mergedService());
        else view.merged.delete(`${namespace}/${name}`);
        view.setReach("a", namespace, name, "a1", reachFact([1]));
        executor.touch(namespace, name);
      }
      // A third of them is always caught in the middle of being made.
      await eventually("some to be done", () => the().writes().length > 0 || executor.idle);
    }
    await the().settled();
    for (const kind of [resources.serviceImports, resources.services, resources.endpointSlices])
      expect(await kube.list(kind, namespace)).toEqual([]);
    expect(executor.findings()).toEqual([]);
  }, 60_000);
}
