// What the executor must say about a cluster's own ServiceExports, as cases for every form.

import { expect, test } from "vitest";
import { resources } from "../../kube/resource.ts";
import type { AnyObject } from "../../kube/testing/fixtures.ts";
import { eventually } from "../../kube/testing/wait.ts";
import { executorBench } from "./bench.ts";
import type { BenchForm } from "./bench.ts";

/** Runs the suite of exports' conditions. */
export function exportContract(start: (namespace: string) => Promise<BenchForm>): void {
  const the = executorBench(start);

  const makeExport = async (): Promise<void> => {
    const { kube, namespace } = the();
    await kube.create(resources.namespaces, "", namespace);
    await kube.create(resources.serviceExports, namespace, "web");
  };

  const conditions = async (): Promise<Record<string, string>> => {
    const found = await the().kube.get(resources.serviceExports, the().namespace, "web");
    const all = (found?.["status"]?.conditions ?? []) as { type: string; status: string; reason: string }[];
    return Object.fromEntries(all.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
  };

  const says = (wanted: Record<string, string>): Promise<void> =>
    eventually(`conditions ${JSON.stringify(wanted)}`, async () => {
      const now = await conditions();
      return Object.entries(wanted).every(([type, value]) => now[type] === value);
    });

  const makeService = (spec: object): Promise<AnyObject> =>
    the().kube.create(resources.services, the().namespace, "web", { spec });

  /** What is observed comes by the agent's own watch, a moment after the write's answer. */
  const observed = (): Promise<void> =>
    eventually("the condition to be observed", () =>
      the()
        .executor.counts()
        .some(({ kind, desired, observed: seen }) => kind === "exports" && desired === 1 && seen === 1),
    );

  test("an export without a Service says so, once, by condition and Event (MCS 11)", async () => {
    await makeExport();
    await says({ Valid: "False NoService", Ready: "False NoService" });
    await eventually("the Event", async () => (await the().events("NoService")) === 1);
    the().executor.touchExport(the().namespace, "web");
    await the().settled();
    expect(await the().events("NoService")).toBe(1);
  });

  test("an ExternalName Service cannot be exported (MCS 12)", async () => {
    await makeExport();
    await makeService({ type: "ExternalName", externalName: "example.org" });
    await says({ Valid: "False InvalidServiceType" });
    expect(await conditions()).toMatchObject({ Ready: "False InvalidServiceType" });
  });

  test("follows its Service and the hub's word (MCS 27)", async () => {
    await makeExport();
    const { view, namespace, executor } = the();
    await says({ Valid: "False NoService" });
    await makeService({ ports: [{ port: 80 }] });
    await says({ Valid: "True Valid", Ready: "Unknown Pending" });
    const tell = (status: object): void => {
      view.statuses.set(`${namespace}/web`, { accepted: true, conflicts: [], message: "", ...status });
      executor.touchExport(namespace, "web");
    };
    tell({});
    await says({ Ready: "True Exported", Conflict: "False NoConflicts" });
    tell({ conflicts: ["PortConflict", "TypeConflict"], message: "two clusters differ" });
    await says({ Ready: "True Exported", Conflict: "True PortConflict,TypeConflict" });
    await eventually("the Event", async () => (await the().events("PortConflict")) === 1);
    tell({ accepted: false, reason: "AddressOutsideRanges", message: "10.9.0.1 is outside" });
    await says({ Ready: "False AddressOutsideRanges" });
    view.statuses.clear();
    executor.touchExport(namespace, "web");
    await the().settled();
    expect(await conditions()).toMatchObject({ Valid: "True Valid", Ready: "False AddressOutsideRanges" });
    await observed();
  });

  test("what a valid export goes without is told by its condition and one Event (MCS 33)", async () => {
    await makeExport();
    await makeService({ ports: [{ port: 80 }] });
    await says({ Valid: "True Valid" });
    const { kube, namespace } = the();
    await kube.patch(resources.serviceExports, namespace, "web", {
      spec: { exportedLabels: { "no key": "x" } },
    });
    await eventually("the Event", async () => (await the().events("ExportedPartly")) === 1);
    await the().settled();
    expect(await conditions()).toMatchObject({ Valid: "True Valid" });
    await kube.patch(resources.serviceExports, namespace, "web", { spec: { exportedLabels: null } });
    const valid = async (): Promise<string> => {
      const found = await kube.get(resources.serviceExports, namespace, "web");
      const all = (found?.["status"]?.conditions ?? []) as { type: string; message: string }[];
      return all.find(({ type }) => type === "Valid")?.message ?? "";
    };
    await eventually("the remark to go", async () => (await valid()) === "");
    expect(await the().events("ExportedPartly")).toBe(1);
  });

  test("exports that were made while nobody led are told of at the start", async () => {
    the().term.abort();
    await makeExport();
    await the().restart();
    await says({ Valid: "False NoService" });
    await observed();
    expect(await the().events("NoService")).toBeLessThanOrEqual(1);
  });

  test("conditions are written only when they change", async () => {
    await makeExport();
    await says({ Valid: "False NoService" });
    await the().settled();
    the().writes();
    the().executor.touchAll();
    await the().settled();
    expect(the().writes()).toEqual([]);
  });
}
