// What the observer must say of a cluster, as cases for every form in which its objects are kept.

import { afterEach, beforeEach, expect, test } from "vitest";
import type { ClusterFact, ReachFact } from "@sealane/core";
import { shardKey } from "@sealane/core";
import { resources } from "../../kube/resource.ts";
import type { AnyObject, Fixtures } from "../../kube/testing/fixtures.ts";
import { eventually } from "../../kube/testing/wait.ts";
import type { FactChange } from "../../link/fact-table.ts";
import type { Follow } from "../follow.ts";
import { Observer } from "../observer.ts";

/** A cluster to observe: service ranges 10.112.0.0/16 and fd00:112::/112, and something in it is unknown at first. */
export interface ObserverRig {
  readonly kube: Fixtures;
  /** Opens the form's observe port until the signal aborts. */
  readonly open: (onProblem: (error: Error) => void, signal: AbortSignal) => Follow;
  /** What the problem names that keeps the cluster unknown. */
  readonly unknown: string;
  /** Takes that problem away. */
  readonly makeKnown: () => Promise<void>;
  readonly close: () => Promise<void>;
}

let count = 0;

/** Runs the suite. */
export function observerContract(start: () => Promise<ObserverRig>): void {
  let rig: ObserverRig;
  let kube: Fixtures;
  let stop: AbortController;
  let namespace = "";
  let changes: FactChange[] = [];
  let whole: string[] = [];
  let problems: string[] = [];
  const made: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    rig = await start();
    kube = rig.kube;
    stop = new AbortController();
    namespace = `seen-${process.pid}-${count++}`;
    [changes, whole, problems] = [[], [], []];
    await kube.create(resources.namespaces, "", namespace);
  });

  afterEach(async () => {
    stop.abort();
    for (const undo of made.splice(0)) await undo();
    await kube.remove(resources.namespaces, "", namespace);
    await rig.close();
  });

  const onProblem = (error: Error): unknown => problems.push(error.message);

  const observe = (): Observer =>
    new Observer(
      {
        follow: rig.open(onProblem, stop.signal),
        cluster: "a",
        declared: {},
        onFacts: (facts) => changes.push(...facts),
        onComplete: (shards) => whole.push(...shards.map(shardKey)),
        onSynced: () => {},
        onProblem,
      },
      stop.signal,
    );

  const synced = async (): Promise<Observer> => {
    await rig.makeKnown();
    const observer = observe();
    await eventually("the first facts", () => observer.synced, 20_000);
    return observer;
  };

  /** The facts as they stand: the newest of each key in our namespaces. */
  const facts = (): Record<string, unknown> => {
    const newest: Record<string, unknown> = {};
    for (const { shard, key, value } of changes) {
      if (shard.kind !== "export" && shard.kind !== "reach") continue;
      if (shard.namespace !== namespace) continue;
      if (value === undefined) delete newest[`${shard.kind} ${key}`];
      else newest[`${shard.kind} ${key}`] = value;
    }
    return newest;
  };

  const makeService = (name: string, spec: object): Promise<AnyObject> =>
    kube.create(resources.services, namespace, name, { spec });

  const makeSlice = (
    name: string,
    service: string,
    addressType: string,
    endpoints: readonly object[],
  ): Promise<AnyObject> =>
    kube.create(
      resources.endpointSlices,
      namespace,
      name,
      { addressType, ports: [{ name: "http", protocol: "TCP", port: 8080 }], endpoints },
      { labels: { "kubernetes.io/service-name": service } },
    );

  const podEndpoint = (address: string, pod: string, ready = true): object => ({
    addresses: [address],
    conditions: { ready, serving: ready, terminating: false },
    nodeName: "a1",
    zone: "east",
    targetRef: { kind: "Pod", name: pod, namespace, uid: `uid-${pod}` },
  });

  const exported = async (): Promise<void> => {
    await makeService("web", { ports: [{ name: "http", port: 80 }] });
    await kube.create(resources.serviceExports, namespace, "web", {
      spec: { exportedLabels: { tier: "front" } },
    });
    await makeSlice("web-4", "web", "IPv4", [podEndpoint("10.1.0.1", "p1"), podEndpoint("10.1.0.2", "p2")]);
    await makeSlice("web-6", "web", "IPv6", [podEndpoint("fd00:1::1", "p1")]);
  };

  const pod = (facet: unknown, index: number): unknown =>
    (facet as ReachFact | undefined)?.groups[0]?.pods[index];

  test("says nothing before everything is known, then all of it", async () => {
    const observer = observe();
    await eventually("the problem", () => problems.some((each) => each.includes(rig.unknown)));
    expect([observer.synced, changes, whole]).toEqual([false, [], []]);
    await rig.makeKnown();
    await eventually("the first facts", () => observer.synced, 20_000);
    const cluster = changes.find(({ shard }) => shard.kind === "cluster")?.value;
    expect(cluster).toMatchObject({
      ranges: [
        { prefix: "10.112.0.0/16", kind: "service", source: "ServiceCIDR/kubernetes.spec.cidrs" },
        { prefix: "fd00:112::/112", kind: "service", source: "ServiceCIDR/kubernetes.spec.cidrs" },
      ],
      dnsPort: 1053,
    });
    expect(cluster).toHaveProperty(
      "incarnation",
      (await kube.get(resources.namespaces, "", "kube-system"))?.metadata.uid,
    );
    expect(whole).toEqual(expect.arrayContaining(["cluster|a|", "node|a|", "namespace|a|"]));
    expect(changes.some(({ shard, key }) => shard.kind === "namespace" && key === namespace)).toBe(true);
  });

  test("an exported service is its fact and its pods by node, families joined", async () => {
    await synced();
    await exported();
    await eventually("both pods", () => pod(facts()["reach web/a1"], 1) !== undefined);
    await eventually("both families", () => JSON.stringify(facts()["reach web/a1"]).includes("fd00:1::1"));
    expect(facts()["export web"]).toMatchObject({
      type: "ClusterSetIP",
      ipFamilies: ["IPv4"],
      ports: [{ name: "http", protocol: "TCP", port: 80, appProtocol: "" }],
      sessionAffinity: "None",
      internalTrafficPolicy: "Cluster",
      labels: { tier: "front" },
    });
    const ready = { ready: true, serving: true, terminating: false, hostname: "" };
    expect(facts()["reach web/a1"]).toEqual({
      zone: "east",
      groups: [
        {
          ports: [{ name: "http", protocol: "TCP", port: 8080, appProtocol: "" }],
          pods: [
            { addresses: ["10.1.0.1", "fd00:1::1"], ...ready, pod: "p1" },
            { addresses: ["10.1.0.2"], ...ready, pod: "p2" },
          ],
        },
      ],
    });
    expect(whole).toEqual(expect.arrayContaining([`export|a|${namespace}`, `reach|a|${namespace}`]));
  });

  test("one slice's change is one fact", async () => {
    await synced();
    await exported();
    await eventually("both families", () => JSON.stringify(facts()["reach web/a1"])?.includes("fd00:1::1"));
    changes = [];
    await kube.patch(resources.endpointSlices, namespace, "web-4", {
      endpoints: [podEndpoint("10.1.0.1", "p1"), podEndpoint("10.1.0.2", "p2", false)],
    });
    await eventually("the change", () => changes.length > 0);
    expect(changes.map(({ shard, key }) => `${shardKey(shard)} ${key}`)).toEqual([
      `reach|a|${namespace} web/a1`,
    ]);
    expect(pod(changes[0]?.value, 1)).toMatchObject({ ready: false });
  });

  test("what is not exported is not said, and an un-export takes it all back (MCS 6, 10)", async () => {
    await synced();
    await makeService("hidden", { ports: [{ port: 80 }] });
    await makeSlice("hidden-4", "hidden", "IPv4", [podEndpoint("10.1.0.9", "p9")]);
    await exported();
    await eventually("the export", () => facts()["reach web/a1"] !== undefined);
    expect(Object.keys(facts()).some((key) => key.includes("hidden"))).toBe(false);
    await kube.remove(resources.serviceExports, namespace, "web");
    await eventually("the export to go", () => Object.keys(facts()).length === 0);
  });

  test("slices that imports are made of are not this cluster's pods", async () => {
    await synced();
    await exported();
    await kube.create(
      resources.endpointSlices,
      namespace,
      "imported",
      { addressType: "IPv4", ports: [], endpoints: [podEndpoint("10.9.0.1", "p9")] },
      {
        labels: {
          "kubernetes.io/service-name": "web",
          "endpointslice.kubernetes.io/managed-by": "sealane.dev",
        },
      },
    );
    await makeSlice("web-4b", "web", "IPv4", [podEndpoint("10.1.0.3", "p3")]);
    await eventually("the third pod", () => JSON.stringify(facts()["reach web/a1"])?.includes("10.1.0.3"));
    expect(JSON.stringify(facts())).not.toContain("10.9.0.1");
  });

  test("an export without a Service, or of an ExternalName, is no fact but a verdict", async () => {
    const observer = await synced();
    await kube.create(resources.serviceExports, namespace, "web");
    await eventually("the verdict", () => observer.exportVerdict(namespace, "web") !== undefined);
    expect(observer.exportVerdict(namespace, "web")).toMatchObject({ yes: false, reason: "NoService" });
    await makeService("web", { type: "ExternalName", externalName: "example.org" });
    await eventually("the other verdict", () =>
      JSON.stringify(observer.exportVerdict(namespace, "web")).includes("InvalidServiceType"),
    );
    expect(facts()).toEqual({});
  });

  test("a node is its addresses and pod ranges, and the cluster's ranges follow it", async () => {
    await synced();
    for (const name of ["n1", "n2"])
      made.push(() => kube.remove(resources.nodes, "", `${namespace}-${name}`));
    const node = async (name: string, cidr: string, address: string): Promise<void> => {
      await kube.create(resources.nodes, "", `${namespace}-${name}`, {
        spec: { podCIDR: cidr, podCIDRs: [cidr] },
      });
      await kube.setStatus(resources.nodes, "", `${namespace}-${name}`, {
        addresses: [
          { type: "Hostname", address: name },
          { type: "InternalIP", address },
        ],
        conditions: [{ type: "Ready", status: "True" }],
      });
    };
    await node("n1", "10.77.0.0/24", "192.0.2.1");
    await node("n2", "10.77.1.0/24", "192.0.2.2");
    const ranges = (): unknown =>
      (changes.findLast(({ shard }) => shard.kind === "cluster")?.value as ClusterFact | undefined)?.ranges;
    await eventually("the node's ranges", () => JSON.stringify(ranges()).includes("192.0.2.2/32"));
    expect(ranges()).toEqual([
      { prefix: "10.77.0.0/23", kind: "pod", source: `Node/${namespace}-n1,${namespace}-n2.spec.podCIDRs` },
      { prefix: "10.112.0.0/16", kind: "service", source: "ServiceCIDR/kubernetes.spec.cidrs" },
      { prefix: "192.0.2.1/32", kind: "node", source: `Node/${namespace}-n1.status.addresses` },
      { prefix: "192.0.2.2/32", kind: "node", source: `Node/${namespace}-n2.status.addresses` },
      { prefix: "fd00:112::/112", kind: "service", source: "ServiceCIDR/kubernetes.spec.cidrs" },
    ]);
    const fact = changes.findLast(
      ({ shard, key }) => shard.kind === "node" && key === `${namespace}-n1`,
    )?.value;
    expect(fact).toEqual({ addresses: ["192.0.2.1"], podPrefixes: ["10.77.0.0/24"], ready: true, zone: "" });
  });
}
