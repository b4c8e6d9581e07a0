// What the executor does when the definitions of its kinds are gone, older or newer than ours: it says so, takes nothing
// for empty, and writes nothing for ever.

import { describe, expect, test } from "vitest";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeObject } from "../kube/testing/fake-objects.ts";
import { eventually } from "../kube/testing/wait.ts";
import { apiServerForm, executorBench } from "./testing/bench.ts";
import { importBench } from "./testing/import-bench.ts";
import { reachFact } from "./testing/test-view.ts";

let fake: FakeApiServer;
const the = executorBench(async (namespace) => {
  fake = await startFakeApiServer({ crds: "missing" });
  return apiServerForm(fake, namespace);
});
const web = importBench(the);

const imports = "multicluster.x-k8s.io/serviceimports";
const slices = "discovery.k8s.io/endpointslices";

const findingsOf = (reason: string): readonly string[] =>
  the()
    .executor.findings()
    .filter((finding) => finding.reason === reason)
    .map(({ message }) => message);

describe("definitions", () => {
  const definitions = resources.customResourceDefinitions;

  test("removed under us: what leads somewhere stays and follows, and the import comes back with its address (MCS 42)", async () => {
    await web.imported();
    const { kube, executor } = the();
    const [before, service, [slice]] = await Promise.all([web.ips(), web.derived(), web.slices()]);
    await kube.remove(definitions, "", "serviceimports.multicluster.x-k8s.io");
    await eventually("the finding", () => findingsOf("DefinitionNotServed").length === 1);
    expect(findingsOf("DefinitionNotServed")[0]).toContain("kubectl apply --server-side -k deploy/crds");
    the().writes();
    web.publish({}, reachFact([1, 2], [2]));
    await eventually(
      "the loss",
      async () => (await web.slices())[0]?.["endpoints"][1].conditions.ready === false,
    );
    expect(the().writes()).toEqual([the().sliceWrite(slice?.metadata.name ?? "")]);
    expect((await web.derived())?.metadata.uid).toBe(service?.metadata.uid);
    expect(executor.findings()).toHaveLength(1);
    await kube.installCrds();
    await eventually("the import", async () => (await web.ready()) === "True Ready");
    expect(await web.ips()).toEqual(before);
    await eventually("the finding to go", () => executor.findings().length === 0);
  });

  test("missing when a leader starts: nothing is taken away, and it works as soon as they come (MCS 42)", async () => {
    await web.imported();
    const { kube } = the();
    const [before, service] = await Promise.all([web.ips(), web.derived()]);
    the().term.abort();
    await kube.remove(definitions, "", "serviceimports.multicluster.x-k8s.io");
    the().writes();
    await eventually("the term to be over", () => !fake.watches().includes(slices));
    const restarted = the().restart();
    await eventually("the other kinds to be followed", () => fake.watches().includes(slices));
    expect(the().writes()).toEqual([]);
    await kube.installCrds();
    await restarted;
    web.publish();
    await eventually("the import", async () => (await web.ready()) === "True Ready");
    expect(await web.ips()).toEqual(before);
    expect((await web.derived())?.metadata.uid).toBe(service?.metadata.uid);
  });

  test("older ones, which drop fields: said once, and not written for ever (MCS 35)", async () => {
    fake.objects.keep = (collection, object) => {
      if (collection !== imports) return object;
      const { spec, status, ...rest } = object as FakeObject & { spec: object; status?: object };
      const older = { ...rest, spec: without(spec, "trafficDistribution") };
      return status === undefined ? older : { ...older, status: without(status, "endpointSliceObjects") };
    };
    await web.imported({ trafficDistribution: "PreferClose" });
    await eventually("the finding", () => findingsOf("DefinitionNotServed").length === 1);
    expect(findingsOf("DefinitionNotServed")[0]).toContain(
      "does not keep spec.trafficDistribution, status.endpointSliceObjects",
    );
    the().writes();
    the().executor.touchAll();
    await the().settled();
    expect(the().writes()).toEqual([]);
  });

  test("newer ones: what they fill in and others say is nobody's edit, and stays (MCS 42)", async () => {
    fake.objects.keep = (collection, object) => {
      if (collection !== imports) return object;
      const { spec } = object as FakeObject & { spec: { ports: object[] } };
      const ports = spec.ports.map((each) => ({ weight: 1, ...each }));
      return { ...object, spec: { clusterSelectors: ["near"], ...spec, ports } } as FakeObject;
    };
    await web.imported();
    const { kube, namespace, executor } = the();
    executor.touchAll();
    await the().settled();
    expect(the().writes()).toEqual([]);
    await kube.patch(resources.serviceImports, namespace, "web", { spec: { clusterSelectors: ["far"] } });
    const conditions = (await web.serviceImport())?.["status"].conditions as object[];
    const other = { type: "Programmed", status: "True", reason: "Yes", message: "", observedGeneration: 1 };
    const stamped = { ...other, lastTransitionTime: "2026-01-01T00:00:00Z" };
    await kube.setStatus(resources.serviceImports, namespace, "web", {
      conditions: [...conditions, stamped],
      summary: "new",
    });
    web.publish({ sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 10 });
    await eventually("the change", async () => {
      const found = await web.serviceImport();
      const ready = found?.["status"].conditions.find((each: { type: string }) => each.type === "Ready");
      return found?.["spec"].sessionAffinity === "ClientIP" && ready?.observedGeneration === 3;
    });
    const after = await web.serviceImport();
    expect(after?.["spec"]).toMatchObject({ sessionAffinity: "ClientIP", clusterSelectors: ["far"] });
    expect(after?.["status"]).toMatchObject({ summary: "new", conditions: [stamped, { type: "Ready" }] });
  });
});

function without(value: object, field: string): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== field));
}
