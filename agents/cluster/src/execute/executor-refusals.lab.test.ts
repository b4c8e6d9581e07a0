// What the executor makes of a real API server's refusals, in its own words: a quota, an admission policy, a namespace
// that is being deleted, a definition that is removed.

import { afterAll, beforeAll, expect, test } from "vitest";
import { isNamespaceGone } from "../kube/error.ts";
import { resources } from "../kube/resource.ts";
import type { Resource } from "../kube/resource.ts";
import { startRealApiServer } from "../kube/testing/real-api-server.ts";
import type { RealApiServer } from "../kube/testing/real-api-server.ts";
import { eventually } from "../kube/testing/wait.ts";
import { apiServerForm, executorBench } from "./testing/bench.ts";
import { importBench } from "./testing/import-bench.ts";
import { reachFact } from "./testing/test-view.ts";

let server: RealApiServer;
beforeAll(async () => {
  server = await startRealApiServer();
});
afterAll(() => server.stop());

const the = executorBench(async (namespace) => apiServerForm(await server.harness(), namespace));
const web = importBench(the);

const kind = (group: string, name: string, plural: string, namespaced: boolean): Resource => ({
  group,
  version: "v1",
  kind: name,
  plural,
  namespaced,
});
const quotas = kind("", "ResourceQuota", "resourcequotas", true);
const definitions = kind(
  "apiextensions.k8s.io",
  "CustomResourceDefinition",
  "customresourcedefinitions",
  false,
);
const admission = "admissionregistration.k8s.io";
const policies = kind(admission, "ValidatingAdmissionPolicy", "validatingadmissionpolicies", false);
const bindings = kind(
  admission,
  "ValidatingAdmissionPolicyBinding",
  "validatingadmissionpolicybindings",
  false,
);

const readyMessage = async (): Promise<string> => {
  const conditions = (await web.serviceImport())?.["status"]?.conditions as { message: string }[];
  return conditions[0]?.message ?? "";
};

const findingsOf = (reason: string): readonly string[] =>
  the()
    .executor.findings()
    .filter((finding) => finding.reason === reason)
    .map(({ message }) => message);

test("a quota: condition and Event say it, and the import is whole once there is room (MCS 20)", async () => {
  const { kube, namespace } = the();
  await web.makeNamespace();
  await kube.create(quotas, namespace, "small", { spec: { hard: { services: "0" } } });
  // Nobody else keeps a quota's status here.
  await kube.setStatus(quotas, namespace, "small", { hard: { services: "0" }, used: { services: "0" } });
  web.publish();
  await eventually("the condition", async () => (await web.ready()) === "False Failed");
  expect(await readyMessage()).toContain("exceeded quota: small");
  expect(await readyMessage()).toContain(`Raise the ResourceQuota of namespace "${namespace}"`);
  await eventually("the Event", async () => (await web.notes("WriteFailed")).length === 1);
  await kube.remove(quotas, namespace, "small");
  await eventually("the condition", async () => (await web.ready()) === "True Ready", 60_000);
  expect(await web.ips()).toHaveLength(1);
});

test("an admission policy: people are told in its words, with the cure (MCS 20)", async () => {
  const { kube, namespace } = the();
  await web.makeNamespace();
  const name = `no-imports-${namespace}`;
  await kube.create(policies, "", name, {
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ["multicluster.x-k8s.io"],
            apiVersions: ["*"],
            operations: ["CREATE"],
            resources: ["serviceimports"],
          },
        ],
      },
      validations: [
        { expression: `object.metadata.namespace != "${namespace}"`, message: "no imports today" },
      ],
    },
  });
  await kube.create(bindings, "", name, { spec: { policyName: name, validationActions: ["Deny"] } });
  const probe = async (): Promise<boolean> => {
    try {
      await kube.create(resources.serviceImports, namespace, "probe", {
        spec: { type: "Headless", ports: [] },
      });
      await kube.remove(resources.serviceImports, namespace, "probe");
      return false;
    } catch {
      return true;
    }
  };
  await eventually("the policy to hold", probe, 30_000);
  web.publish();
  await eventually("the Event", async () => (await web.notes("WriteFailed")).length === 1);
  expect((await web.notes("WriteFailed"))[0]).toContain("no imports today");
  expect((await web.notes("WriteFailed"))[0]).toContain("Let that admission rule pass");
  await kube.remove(bindings, "", name);
  await kube.remove(policies, "", name);
  await eventually("the condition", async () => (await web.ready()) === "True Ready", 60_000);
});

test("a namespace that is being deleted is known by the refusal, and nothing is written in it (MCS 16)", async () => {
  const { kube, namespace, executor } = the();
  await web.imported();
  await kube.remove(resources.namespaces, "", namespace);
  const refusal: unknown = await kube
    .create(resources.services, namespace, "other", { spec: { ports: [{ port: 80 }] } })
    .catch((error: unknown) => error);
  expect(isNamespaceGone(refusal)).toBe(true);
  await kube.remove(resources.services, namespace, (await web.derived())?.metadata.name ?? "");
  web.publish({}, reachFact([1, 2, 3]));
  await the().settled();
  expect(
    the()
      .writes()
      .filter((each) => each.startsWith("POST")).length,
  ).toBeLessThanOrEqual(1);
  expect(executor.findings()).toEqual([]);
});

test("a definition that is removed takes nothing with it but its objects, which come back as they were (MCS 42)", async () => {
  await web.imported();
  const { kube, executor } = the();
  const [before, service] = await Promise.all([web.ips(), web.derived()]);
  await kube.remove(definitions, "", "serviceimports.multicluster.x-k8s.io");
  await eventually("the finding", () => findingsOf("DefinitionNotServed").length === 1, 60_000);
  web.publish({}, reachFact([1, 2], [2]));
  await eventually("the loss", async () => {
    const [slice] = await web.slices();
    return slice?.["endpoints"][1].conditions.ready === false;
  });
  expect((await web.derived())?.metadata.uid).toBe(service?.metadata.uid);
  expect(
    the()
      .writes()
      .filter((each) => each.startsWith("DELETE")),
  ).toEqual([]);
  await kube.installCrds();
  await eventually("the import", async () => (await web.ready()) === "True Ready", 60_000);
  expect(await web.ips()).toEqual(before);
  await eventually("the findings to go", () => executor.findings().length === 0, 60_000);
});
