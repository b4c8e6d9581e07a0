// What the executor must do about objects of its own that somebody edits, as cases for the fake and the real API server:
// they are put right, people are told which field it was, and a fight becomes no storm.

import type { MergedService } from "@sealane/core";
import { expect, test } from "vitest";
import { resources } from "../../kube/resource.ts";
import type { AnyObject } from "../../kube/testing/fixtures.ts";
import { eventually } from "../../kube/testing/wait.ts";
import { derivedNameOf } from "../own-objects.ts";
import { executorBench } from "./bench.ts";
import type { BenchForm } from "./bench.ts";
import { mergedService, reachFact } from "./test-view.ts";

/** Runs the suite of edits by hand. */
export function handEditContract(start: (namespace: string) => Promise<BenchForm>): void {
  const the = executorBench(start);

  const publish = (
    octets: readonly number[] = [1, 2],
    unready: readonly number[] = [],
    over: Partial<MergedService> = {},
  ): void => {
    const { view, namespace, executor } = the();
    view.merged.set(`${namespace}/web`, mergedService(over));
    view.setReach("a", namespace, "web", "a1", reachFact(octets, unready));
    view.whole({ kind: "import", origin: "", namespace }, { kind: "reach", origin: "a", namespace });
    executor.touch(namespace, "web");
  };

  const derived = () =>
    the().kube.get(resources.services, the().namespace, derivedNameOf(the().namespace, "web"));
  const serviceImport = () => the().kube.get(resources.serviceImports, the().namespace, "web");
  const slices = async (): Promise<readonly AnyObject[]> =>
    (await the().kube.list(resources.endpointSlices, the().namespace)).filter(
      ({ metadata }) => metadata.labels?.["multicluster.kubernetes.io/service-name"] === "web",
    );
  const addresses = async (): Promise<string[]> =>
    (await slices())
      .flatMap((slice) => (slice["endpoints"] as { addresses: string[] }[]).flatMap((each) => each.addresses))
      .toSorted();

  const imported = async (over: Partial<MergedService> = {}): Promise<void> => {
    await the().kube.create(resources.namespaces, "", the().namespace);
    publish([1, 2], [], over);
    await eventually("the status of the import", async () => {
      const status = (await serviceImport())?.["status"];
      return status?.conditions?.[0]?.status === "True";
    });
    await the().settled();
    the().writes();
  };

  const repairNotes = async (): Promise<string[]> =>
    (await the().kube.list(resources.events, the().namespace))
      .filter((event) => event["reason"] === "EditedByHand")
      .map((event) => String(event["note"]));

  const told = (note: RegExp): Promise<unknown> =>
    eventually(`an Event like ${note}`, async () => (await repairNotes()).some((each) => note.test(each)));

  test("an edit is told with its object and its field, and what was not edited is not", async () => {
    await imported();
    const { kube, namespace } = the();
    const service = derivedNameOf(namespace, "web");
    const [slice] = await slices();
    await kube.patch(resources.serviceImports, namespace, "web", { spec: { sessionAffinity: "ClientIP" } });
    await told(/^ServiceImport .*\/web was edited \(spec\.sessionAffinity\)/);
    await kube.patch(resources.services, namespace, service, { spec: { publishNotReadyAddresses: true } });
    await told(/^Service .* was edited \(spec\.publishNotReadyAddresses\)/);
    await kube.patch(resources.endpointSlices, namespace, slice?.metadata.name ?? "", { endpoints: [] });
    await told(/^EndpointSlice .* was edited \(endpoints\["10\.1\.0\.1"\]/);
    await kube.remove(resources.serviceImports, namespace, "web");
    await told(/^ServiceImport .*\/web was deleted and was made again/);
    const mark = "app.kubernetes.io/managed-by";
    await eventually("the import", async () => (await serviceImport()) !== undefined);
    // An edit that falls into a write of ours is put right, and not told apart from it.
    await the().settled();
    await kube.patch(resources.serviceImports, namespace, "web", { metadata: { labels: { [mark]: "me" } } });
    await told(/^ServiceImport .*\/web was edited \(metadata\.labels\["app\.kubernetes\.io\/managed-by"\]\)/);
    publish([1, 2, 3], [2]);
    await the().settled();
    expect(await repairNotes()).toHaveLength(5);
  });

  test("labels and annotations that people add are no edits, and stay; what was exported goes with the export", async () => {
    await imported({ labels: { tier: "gold" }, annotations: { "example.org/note": "n" } });
    const { kube, namespace, executor } = the();
    const [slice] = await slices();
    const metadata = { labels: { extra: "x" }, annotations: { "example.org/mine": "y" } };
    await kube.patch(resources.services, namespace, derivedNameOf(namespace, "web"), { metadata });
    await kube.patch(resources.serviceImports, namespace, "web", { metadata });
    await kube.patch(resources.endpointSlices, namespace, slice?.metadata.name ?? "", { metadata });
    executor.touchAll();
    await the().settled();
    expect(the().writes()).toEqual([]);
    const affinity = { sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 10 };
    publish([3], [], { labels: { plan: "a" }, annotations: {}, ...affinity });
    await eventually(
      "the change",
      async () => (await serviceImport())?.["spec"].sessionAffinity === "ClientIP",
    );
    await the().settled();
    for (const object of [await derived(), await serviceImport(), (await slices())[0]]) {
      expect(object?.metadata.labels).toMatchObject(metadata.labels);
      expect(object?.metadata.annotations).toMatchObject(metadata.annotations);
    }
    expect(await addresses()).toEqual(["10.1.0.3"]);
    expect((await serviceImport())?.metadata.labels["plan"]).toBe("a");
    expect((await serviceImport())?.metadata.labels).not.toHaveProperty("tier");
    expect((await serviceImport())?.metadata.annotations).not.toHaveProperty(["example.org/note"]);
    await kube.patch(resources.serviceImports, namespace, "web", { metadata: { labels: { plan: "b" } } });
    await told(/^ServiceImport .*\/web was edited \(metadata\.labels\.plan\)/);
    await the().settled();
    expect(await repairNotes()).toHaveLength(1);
  });

  test("a derived Service that somebody makes a LoadBalancer is one inside the cluster again, at its address", async () => {
    await imported();
    const { kube, namespace, executor } = the();
    const before = await derived();
    const annotation = "service.beta.kubernetes.io/load-balancer-source-ranges";
    await kube.patch(resources.services, namespace, derivedNameOf(namespace, "web"), {
      metadata: { annotations: { [annotation]: "192.0.2.0/24" } },
      spec: {
        type: "LoadBalancer",
        externalTrafficPolicy: "Local",
        loadBalancerClass: "example.org/none",
        loadBalancerIP: "192.0.2.9",
        loadBalancerSourceRanges: ["192.0.2.0/24"],
      },
    });
    await eventually("the repair", async () => (await derived())?.["spec"].type === "ClusterIP");
    await the().settled();
    expect((await derived())?.["spec"]).toEqual(before?.["spec"]);
    expect((await derived())?.metadata.annotations).not.toHaveProperty([annotation]);
    expect(executor.findings()).toEqual([]);
    await told(/^Service .* was edited \(/);
    the().writes();
    executor.touchAll();
    await the().settled();
    expect(the().writes()).toEqual([]);
  });

  test("somebody who edits without end is put right slowly and reported, and news pass at once", async () => {
    await imported();
    const { kube, namespace, executor } = the();
    const edit = async (round: number): Promise<unknown> =>
      kube.patch(resources.serviceImports, namespace, "web", {
        spec: { ports: [{ protocol: "TCP", port: 1000 + round }] },
      });
    const isEdited = async (): Promise<boolean> => (await serviceImport())?.["spec"].ports[0].port >= 1000;
    const contested = (): boolean => executor.findings().some(({ reason }) => reason === "EditedRepeatedly");
    for (let round = 0; round < 100 && !contested(); round++) {
      await edit(round);
      await eventually("the edit to be seen", async () => contested() || !(await isEdited()));
    }
    expect(contested()).toBe(true);
    the().writes();
    for (let round = 0; round < 20; round++) await edit(round);
    expect(
      the()
        .writes()
        .filter((each) => each.startsWith("PUT")).length,
    ).toBeLessThanOrEqual(2);
    publish([7]);
    await eventually("the news", async () => (await addresses()).includes("10.1.0.7"), 1_000);
    await eventually("calm", async () => !(await isEdited()) && !contested(), 15_000);
  });

  test("a condition of an export that somebody changes is put right, once told", async () => {
    const { kube, namespace, view, executor } = the();
    await kube.create(resources.namespaces, "", namespace);
    await kube.create(resources.serviceExports, namespace, "web");
    await kube.create(resources.services, namespace, "web", { spec: { ports: [{ port: 80 }] } });
    view.statuses.set(`${namespace}/web`, { accepted: true, conflicts: [], message: "" });
    executor.touchExport(namespace, "web");
    const ready = async (): Promise<string> => {
      const found = await kube.get(resources.serviceExports, namespace, "web");
      const all = (found?.["status"]?.conditions ?? []) as { type: string; status: string; reason: string }[];
      return (
        all.filter(({ type }) => type === "Ready").map(({ status, reason }) => `${status} ${reason}`)[0] ?? ""
      );
    };
    await eventually("the export to be ready", async () => (await ready()) === "True Exported");
    await the().settled();
    // What a leader before this one wrote is as much ours.
    await the().restart();
    const { view: later, executor: next } = the();
    later.statuses.set(`${namespace}/web`, { accepted: true, conflicts: [], message: "" });
    next.touchExport(namespace, "web");
    await the().settled();
    const found = await kube.get(resources.serviceExports, namespace, "web");
    const conditions = ((found?.["status"]?.conditions ?? []) as { type: string }[]).map((each) =>
      each.type === "Ready" ? { ...each, status: "False", reason: "Mine" } : each,
    );
    await kube.setStatus(resources.serviceExports, namespace, "web", { conditions });
    await told(/^ServiceExport .*\/web was edited \(status\.conditions\[type=Ready\]\.status, .*\.reason\)/);
    expect(await ready()).toBe("True Exported");
    await the().settled();
    expect(await repairNotes()).toHaveLength(1);
  });
}
