// What the executor must do in an importing cluster, as cases for every form.

import { expect, test } from "vitest";
import type { ShardId } from "@sealane/core";
import { resources } from "../../kube/resource.ts";
import type { AnyObject } from "../../kube/testing/fixtures.ts";
import { eventually } from "../../kube/testing/wait.ts";
import { derivedNameOf } from "../own-objects.ts";
import { executorBench } from "./bench.ts";
import type { BenchForm } from "./bench.ts";
import { mergedService, reachFact } from "./test-view.ts";

const importShard = (namespace: string): ShardId => ({ kind: "import", origin: "", namespace });
const reachShard = (namespace: string): ShardId => ({ kind: "reach", origin: "a", namespace });

/** Runs the suite of imports. */
export function importContract(start: (namespace: string) => Promise<BenchForm>): void {
  const the = executorBench(start);

  const publish = (octets: readonly number[] = [1, 2], unready: readonly number[] = [], over = {}): void => {
    const { view, namespace, executor } = the();
    view.merged.set(`${namespace}/web`, mergedService(over));
    view.setReach("a", namespace, "web", "a1", reachFact(octets, unready));
    view.whole(importShard(namespace), reachShard(namespace));
    executor.touch(namespace, "web");
  };

  const makeNamespace = (): Promise<AnyObject> =>
    the().kube.create(resources.namespaces, "", the().namespace);

  const derived = () =>
    the().kube.get(resources.services, the().namespace, derivedNameOf(the().namespace, "web"));
  const serviceImport = () => the().kube.get(resources.serviceImports, the().namespace, "web");
  const slices = async (): Promise<readonly AnyObject[]> => {
    const all = await the().kube.list(resources.endpointSlices, the().namespace);
    return all.filter(
      ({ metadata }) => metadata.labels?.["multicluster.kubernetes.io/service-name"] === "web",
    );
  };
  const addresses = async (): Promise<string[]> =>
    (await slices())
      .flatMap((slice) => (slice["endpoints"] as { addresses: string[] }[]).flatMap((each) => each.addresses))
      .toSorted();

  const imported = async (): Promise<void> => {
    await makeNamespace();
    publish();
    await eventually(
      "the import",
      async () => (await serviceImport()) !== undefined && (await slices()).length === 1,
    );
    await the().settled();
    the().writes();
  };

  test("imports a service whole: derived Service, slices, ServiceImport, status (MCS 17, 34-36, 38-40)", async () => {
    await imported();
    const { namespace } = the();
    const service = await derived();
    const made = await serviceImport();
    const [slice] = await slices();
    expect(service?.["spec"]).toMatchObject({
      type: "ClusterIP",
      internalTrafficPolicy: "Cluster",
      ipFamilies: ["IPv4"],
    });
    expect(service?.["spec"].selector).toBeUndefined();
    expect(made?.["spec"]).toEqual({
      type: "ClusterSetIP",
      ports: [{ name: "http", protocol: "TCP", port: 80 }],
      ips: service?.["spec"].clusterIPs,
      ipFamilies: ["IPv4"],
      sessionAffinity: "None",
      internalTrafficPolicy: "Cluster",
    });
    expect(slice?.metadata.labels).toEqual({
      "app.kubernetes.io/managed-by": "sealane",
      "multicluster.kubernetes.io/service-name": "web",
      "multicluster.kubernetes.io/source-cluster": "a",
      "kubernetes.io/service-name": derivedNameOf(namespace, "web"),
      "endpointslice.kubernetes.io/managed-by": "sealane.dev",
    });
    expect(await addresses()).toEqual(["10.1.0.1", "10.1.0.2"]);
    await eventually(
      "the status",
      async () => (await serviceImport())?.["status"]?.conditions?.[0]?.status === "True",
    );
    const status = (await serviceImport())?.["status"];
    expect(status.clusters).toEqual([{ cluster: "a" }]);
    expect(status.endpointSliceObjects).toBe("Present");
    expect(the().executor.counts()).toContainEqual({ kind: "imports", desired: 1, observed: 1 });
  });

  test("one pod turning unready costs one write (MCS 42)", async () => {
    await imported();
    publish([1, 2], [2]);
    await the().settled();
    const [slice] = await slices();
    expect(the().writes()).toEqual([the().sliceWrite(slice?.metadata.name ?? "")]);
    expect(slice?.["endpoints"][1].conditions).toEqual({ ready: false, serving: false, terminating: false });
  });

  test("a change that comes before the watch has told of the last write is no conflict", async () => {
    await imported();
    for (let round = 0; round < 20; round++) {
      publish([1, 2], round % 2 === 0 ? [1] : [2]);
      await the().settled();
    }
    const [slice] = await slices();
    expect(slice?.["endpoints"]).toMatchObject([
      { conditions: { ready: true } },
      { conditions: { ready: false } },
    ]);
    expect(
      the()
        .writes()
        .filter((each) => each.startsWith("PUT")),
    ).toHaveLength(20);
  });

  test("without the namespace nothing is made; when it appears, at once (MCS 16)", async () => {
    publish();
    await the().settled();
    expect(the().writes()).toEqual([]);
    await makeNamespace();
    await eventually("the import", async () => (await addresses()).length === 2);
  });

  test("an import that is gone is removed, but not while that is not known (MCS 19, 41)", async () => {
    await imported();
    const { view, namespace, executor } = the();
    view.merged.delete(`${namespace}/web`);
    view.wholeShards.clear();
    executor.touch(namespace, "web");
    await the().settled();
    expect(the().writes()).toEqual([]);
    view.whole(importShard(namespace));
    executor.follow({ id: importShard(namespace), entries: [], completed: true });
    await eventually("the import to go", async () => (await serviceImport()) === undefined);
    await the().settled();
    expect([await serviceImport(), await derived(), await slices()]).toEqual([undefined, undefined, []]);
    expect(the().writes()[0]).toContain(the().removal);
  });

  test("a new term takes nothing away until it knows, then what was left behind goes (MCS 41, 42)", async () => {
    await imported();
    await the().restart();
    const { view, namespace, executor } = the();
    executor.touchAll();
    await the().settled();
    expect(the().writes()).toEqual([]);
    view.whole(importShard(namespace));
    executor.follow({ id: importShard(namespace), entries: [], completed: true });
    await eventually("the import to go", async () => (await serviceImport()) === undefined);
    await the().settled();
    expect([await derived(), await slices()]).toEqual([undefined, []]);
  });

  test("pods of a cluster that are not known to their end stay (MCS 42)", async () => {
    await imported();
    const { view, namespace, executor } = the();
    view.wholeShards.clear();
    view.setReach("a", namespace, "web", "a1", reachFact([2, 3]));
    executor.touch(namespace, "web");
    await the().settled();
    expect(await addresses()).toEqual(["10.1.0.1", "10.1.0.2", "10.1.0.3"]);
    view.whole(importShard(namespace), reachShard(namespace));
    executor.touch(namespace, "web");
    await the().settled();
    expect(await addresses()).toEqual(["10.1.0.2", "10.1.0.3"]);
  });

  test("what somebody changes by hand is put right (MCS 18, 21, 42)", async () => {
    await imported();
    const { kube, namespace } = the();
    const before = await derived();
    const [slice] = await slices();
    await kube.patch(resources.endpointSlices, namespace, slice?.metadata.name ?? "", { endpoints: [] });
    await kube.patch(resources.serviceImports, namespace, "web", { spec: { sessionAffinity: "ClientIP" } });
    await kube.remove(resources.services, namespace, before?.metadata.name ?? "");
    await eventually("the slice to be repaired", async () => (await addresses()).length === 2);
    await eventually(
      "the import to be repaired",
      async () => (await serviceImport())?.["spec"].sessionAffinity === "None",
    );
    await eventually("the Service to be back", async () => (await derived()) !== undefined);
    const after = await derived();
    // Only an API server gives identities.
    expect(after?.metadata.uid ?? "none").not.toBe(before?.metadata.uid);
    expect(after?.["spec"].clusterIPs).toEqual(before?.["spec"].clusterIPs);
  });

  test("somebody else's object of the same name is left alone and reported (MCS 18)", async () => {
    await makeNamespace();
    const { kube, namespace, executor } = the();
    const spec = { type: "Headless", ports: [] };
    await kube.create(resources.serviceImports, namespace, "web", { spec });
    publish();
    await eventually("the finding", () =>
      executor.findings().some(({ reason }) => reason === "ObjectNotOurs"),
    );
    expect((await serviceImport())?.["spec"]).toEqual(spec);
    await kube.remove(resources.serviceImports, namespace, "web");
    executor.touch(namespace, "web");
    await eventually("the import", async () => (await serviceImport())?.["spec"].type === "ClusterSetIP");
    await eventually("the finding to go", () => executor.findings().length === 0);
  });

  test("a headless service has no derived Service, and can become one with an address (MCS 24)", async () => {
    await makeNamespace();
    publish([1], [], { type: "Headless" });
    await eventually("the import", async () => (await serviceImport())?.["spec"].type === "Headless");
    expect(await derived()).toBeUndefined();
    expect((await slices())[0]?.metadata.labels).not.toHaveProperty("kubernetes.io/service-name");
    publish([1]);
    await eventually("the address", async () => (await serviceImport())?.["spec"].ips?.length === 1);
    const label = (await slices())[0]?.metadata.labels["kubernetes.io/service-name"];
    expect(label).toBe(derivedNameOf(the().namespace, "web"));
    publish([1], [], { type: "Headless" });
    await eventually("the derived Service to go", async () => (await derived()) === undefined);
    expect((await serviceImport())?.["spec"]).not.toHaveProperty("ips");
  });

  test("a service of both families has an address of each, in its order; a second family may come later (MCS 22)", async () => {
    await makeNamespace();
    publish([1], [], { ipFamilies: ["IPv6", "IPv4"] });
    await eventually("both addresses", async () => (await serviceImport())?.["spec"].ips?.length === 2);
    const both = (await serviceImport())?.["spec"];
    expect(both.ipFamilies).toEqual(["IPv6", "IPv4"]);
    expect(both.ips[0]).toContain("fd00:112::");
    const { view, namespace, executor } = the();
    view.merged.set(`${namespace}/late`, mergedService());
    executor.touch(namespace, "late");
    const late = async (): Promise<AnyObject | undefined> =>
      await the().kube.get(resources.serviceImports, namespace, "late");
    await eventually("one address", async () => (await late())?.["spec"].ips?.length === 1);
    const first: unknown = (await late())?.["spec"].ips[0];
    view.merged.set(`${namespace}/late`, mergedService({ ipFamilies: ["IPv4", "IPv6"] }));
    executor.touch(namespace, "late");
    await eventually("the second address", async () => (await late())?.["spec"].ips?.length === 2);
    expect((await late())?.["spec"].ips[0]).toBe(first);
  });

  test("a service of a family that this cluster lacks is imported without an address, and says so (MCS 20)", async () => {
    await makeNamespace();
    await the().restart({ service: ["10.112.0.0/16"] });
    publish([], [], { ipFamilies: ["IPv6"] });
    await eventually(
      "the condition",
      async () => (await serviceImport())?.["status"]?.conditions?.[0]?.reason === "IPFamilyNotSupported",
    );
    expect(await derived()).toBeUndefined();
  });

  test("after the term nothing is written", async () => {
    await imported();
    the().term.abort();
    publish([7]);
    await the().settled();
    expect(the().writes()).toEqual([]);
  });
}
