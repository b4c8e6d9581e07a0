// What an exporting cluster's own Service and the derived Service beside it have to do with each other: nothing.

import { expect, test } from "vitest";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { eventually } from "../kube/testing/wait.ts";
import { derivedNameOf } from "./own-objects.ts";
import { apiServerForm, executorBench } from "./testing/bench.ts";
import { mergedService, reachFact } from "./testing/test-view.ts";

const the = executorBench(async (name) => apiServerForm(await startFakeApiServer({ crds: "missing" }), name));

const label = "kubernetes.io/service-name";

/** The cluster exports its own Service shop/web, and imports the merged service of that name. */
async function exportedAndImported(spec: object) {
  const { kube, namespace, view, executor } = the();
  await kube.create(resources.namespaces, "", namespace);
  const made = await kube.create(resources.services, namespace, "web", { spec });
  await kube.create(resources.serviceExports, namespace, "web");
  view.statuses.set(`${namespace}/web`, { accepted: true, conflicts: [], message: "" });
  view.merged.set(`${namespace}/web`, mergedService());
  view.setReach("a", namespace, "web", "a1", reachFact([1, 2]));
  view.whole({ kind: "import", origin: "", namespace }, { kind: "reach", origin: "a", namespace });
  executor.touch(namespace, "web");
  executor.touchExport(namespace, "web");
  await eventually("the address of the import", async () => {
    const found = await kube.get(resources.serviceImports, namespace, "web");
    return found?.["status"]?.conditions?.[0]?.status === "True";
  });
  await the().settled();
  return made;
}

test.each([
  ["NodePort", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }], externalTrafficPolicy: "Local" }],
  ["LoadBalancer", { type: "LoadBalancer", ports: [{ port: 80, nodePort: 30_080 }] }],
])("an exported Service of type %s stays as it is, node ports and all (MCS 13)", async (_, spec) => {
  const made = await exportedAndImported(spec);
  const { kube, namespace } = the();
  const found = await kube.get(resources.services, namespace, "web");
  expect(found).toEqual(made);
  expect(
    the()
      .writes()
      .filter((write) => write.endsWith("/services/web")),
  ).toEqual([]);
});

test("an import is a Service of ours without a selector, beside the one it is named after (MCS 60)", async () => {
  await exportedAndImported({ selector: { app: "web" }, ports: [{ port: 80 }] });
  const { kube, namespace } = the();
  const services = await kube.list(resources.services, namespace);
  const derived = services.find(({ metadata }) => metadata.name !== "web");
  expect(services.map(({ metadata }) => metadata.name).toSorted()).toEqual([
    derivedNameOf(namespace, "web"),
    "web",
  ]);
  expect(derived?.["spec"]).not.toHaveProperty("selector");
  const serviceImport = await kube.get(resources.serviceImports, namespace, "web");
  expect(serviceImport?.["spec"].ips).toEqual(derived?.["spec"].clusterIPs);
  // A slice that named the user's own Service would make others' pods answer for it.
  const slices = await kube.list(resources.endpointSlices, namespace);
  expect(slices.map(({ metadata }) => metadata.labels[label])).toEqual([derivedNameOf(namespace, "web")]);
});
