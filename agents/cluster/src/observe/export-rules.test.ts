// Which Service a ServiceExport exports, and as what (KEP-1645, "Exporting Services" and "Service Types").

import { expect, onTestFinished, test } from "vitest";
import { createKubeClient } from "../kube/client.ts";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import type { Fixtures } from "../kube/testing/fixtures.ts";
import { eventually } from "../kube/testing/wait.ts";
import type { FactChange } from "../link/fact-table.ts";
import { exportFact, exportVerdict } from "./export-fact.ts";
import { followApiServer } from "./follow.ts";
import { Observer } from "./observer.ts";
import { parseServiceExport } from "./parse-service-export.ts";
import { parseService } from "./parse-service.ts";

const metadata = { namespace: "shop", name: "web", uid: "u", resourceVersion: "7" };
const serviceExport = parseServiceExport({ metadata });
const ports = [{ name: "http", protocol: "TCP", port: 80, nodePort: 30_080, targetPort: "web" }];
const address = { clusterIP: "10.101.0.80", clusterIPs: ["10.101.0.80"], ipFamilies: ["IPv4"] };
const balanced = { loadBalancer: { ingress: [{ ip: "192.0.2.80" }] } };

test.each([
  ["ClusterIP", "ClusterSetIP", { type: "ClusterIP", ...address, ports }],
  ["no type", "ClusterSetIP", { ...address, ports }],
  ["NodePort", "ClusterSetIP", { type: "NodePort", externalTrafficPolicy: "Local", ...address, ports }],
  ["LoadBalancer", "ClusterSetIP", { type: "LoadBalancer", healthCheckNodePort: 30_081, ...address, ports }],
  ["ClusterIP None", "Headless", { type: "ClusterIP", clusterIP: "None", clusterIPs: ["None"], ports }],
])(
  "a Service of type %s is exported as %s, by nothing but its cluster address and ports (MCS 13)",
  (_, type, spec) => {
    const service = parseService({ metadata, spec, status: balanced });
    expect(exportVerdict(serviceExport, service)).toMatchObject({ yes: true });
    const fact = exportFact(serviceExport, service);
    expect(fact).toMatchObject({ type, clusterAddresses: type === "Headless" ? [] : ["10.101.0.80"] });
    expect(fact.ports).toEqual([{ name: "http", protocol: "TCP", port: 80, appProtocol: "" }]);
    expect(JSON.stringify(fact)).not.toMatch(/3008|192\.0\.2/);
  },
);

test("an ExternalName Service is refused with the cure, whatever else it says (MCS 12)", () => {
  const spec = { type: "ExternalName", externalName: "example.org", ports, clusterIP: "10.101.0.80" };
  expect(exportVerdict(serviceExport, parseService({ metadata, spec }))).toEqual({
    yes: false,
    reason: "InvalidServiceType",
    message: expect.stringMatching(/"shop\/web" is of type ExternalName.*Export a Service with a selector/),
  });
});

test("labels and annotations that no object can have are left out of imports, and their owner is told (MCS 33)", () => {
  const spec = {
    exportedLabels: { tier: "front", "no key": "x", bad: "no value" },
    exportedAnnotations: { note: "any text!", "a b": "x" },
  };
  const service = parseService({ metadata, spec: { ...address, ports } });
  expect(exportVerdict(parseServiceExport({ metadata, spec }), service)).toEqual({
    yes: true,
    remark:
      'Exported without label "no key", label "bad", annotation "a b": no object can have it so. ' +
      "Correct its key or value, or remove it.",
  });
  expect(exportVerdict(serviceExport, service)).toEqual({ yes: true, remark: "" });
});

test("labels and annotations of Sealane's are left out of imports, and their owner is told (MCS 33)", () => {
  const spec = {
    exportedLabels: {
      "app.kubernetes.io/managed-by": "helm",
      "app.kubernetes.io/name": "web",
      "no key": "x",
    },
    exportedAnnotations: { "sealane.dev/owner": "me" },
  };
  const service = parseService({ metadata, spec: { ...address, ports } });
  expect(exportVerdict(parseServiceExport({ metadata, spec }), service)).toEqual({
    yes: true,
    remark:
      'Exported without label "no key": no object can have it so. Correct its key or value, or remove it. ' +
      'Exported without label "app.kubernetes.io/managed-by", annotation "sealane.dev/owner": ' +
      "Sealane marks imports with it itself. Remove it, or choose another key.",
  });
});

interface Observed {
  readonly kube: Fixtures;
  readonly observer: Observer;
  /** `namespace/name` of what is exported now, sorted. */
  readonly exported: () => readonly string[];
}

/** A cluster with the namespaces shop and blog, observed. */
async function observed(cluster = "a"): Promise<Observed> {
  const server = await startFakeApiServer({ crds: "served" });
  const client = createKubeClient(server.admin);
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await client.close();
    await server.close();
  });
  const kube = fixtures(client);
  for (const namespace of ["shop", "blog"]) await kube.create(resources.namespaces, "", namespace);
  const exports = new Map<string, unknown>();
  const take = ({ shard, key, value }: FactChange): void => {
    if (shard.kind !== "export") return;
    if (value === undefined) exports.delete(`${shard.namespace}/${key}`);
    else exports.set(`${shard.namespace}/${key}`, value);
  };
  const observer = new Observer(
    {
      follow: followApiServer(client, { backoff: { minMs: 5, maxMs: 100 } }),
      cluster,
      declared: {},
      onFacts: (facts) => facts.forEach(take),
      onComplete: () => {},
      onSynced: () => {},
    },
    stop.signal,
  );
  await eventually("the first facts", () => observer.synced);
  return { kube, observer, exported: () => [...exports.keys()].toSorted() };
}

const makeService = ({ kube }: Observed, namespace: string, name: string) =>
  kube.create(resources.services, namespace, name, {
    spec: { selector: { app: "x" }, ports: [{ port: 80 }] },
  });

test("an export means the Service of its own name in its own namespace, whatever else its spec says (MCS 7)", async () => {
  const it = await observed();
  for (const [namespace, name] of [
    ["shop", "web"],
    ["shop", "api"],
    ["blog", "web"],
  ] as const) {
    await makeService(it, namespace, name);
  }
  const elsewhere = { serviceName: "api", namespace: "blog", selector: { matchLabels: { app: "x" } } };
  await it.kube.create(resources.serviceExports, "shop", "web", { spec: elsewhere });
  await it.kube.create(resources.serviceExports, "shop", "every", { spec: elsewhere });
  const every = () => it.observer.exportVerdict("shop", "every");
  await eventually("both exports", () => it.exported().length > 0 && every() !== undefined);
  expect(it.exported()).toEqual(["shop/web"]);
  expect(every()).toMatchObject({ yes: false, reason: "NoService" });
});

test("an export may come before its Service, and outlives it (MCS 11)", async () => {
  const it = await observed();
  await it.kube.create(resources.serviceExports, "shop", "web");
  const reason = () => it.observer.exportVerdict("shop", "web");
  await eventually("the verdict", () => reason()?.yes === false);
  expect(reason()).toMatchObject({ reason: "NoService", message: expect.stringContaining('"shop/web"') });
  expect(it.exported()).toEqual([]);
  for (let round = 0; round < 2; round++) {
    await makeService(it, "shop", "web");
    await eventually("the export", () => it.exported().includes("shop/web"));
    expect(reason()).toMatchObject({ yes: true });
    await it.kube.remove(resources.services, "shop", "web");
    await eventually("the export to end", () => it.exported().length === 0);
    expect(reason()).toMatchObject({ yes: false, reason: "NoService" });
  }
});

test("pods whose host names are too long for DNS are told at the export, and no more when they are not (MCS 58)", async () => {
  const label = (letter: string): string => letter.repeat(63);
  const [namespace, name, hostname] = [label("n"), label("s"), label("h")];
  const it = await observed("c".repeat(41));
  await it.kube.create(resources.namespaces, "", namespace);
  const spec = { clusterIP: "None", ports: [{ port: 80 }] };
  await it.kube.create(resources.services, namespace, name, { spec });
  await it.kube.create(resources.serviceExports, namespace, name);
  const slice = (...names: readonly string[]) => ({
    addressType: "IPv4",
    endpoints: names.map((each, at) => ({ addresses: [`10.9.0.${at}`], hostname: each })),
    ports: [],
  });
  const labels = { "kubernetes.io/service-name": name };
  await it.kube.create(resources.endpointSlices, namespace, "pods", slice(hostname, "short"), { labels });
  const remark = () => {
    const verdict = it.observer.exportVerdict(namespace, name);
    return verdict?.yes === true ? verdict.remark : undefined;
  };
  await eventually("the remark", () => remark()?.includes(hostname) === true);
  expect(remark()).toBe(
    `Exported without the host names "${hostname}": with the cluster's, the service's and the namespace's name they ` +
      "are longer than the 253 characters of a name in DNS, so these pods are named by address. Shorten one of them.",
  );
  await it.kube.patch(resources.endpointSlices, namespace, "pods", slice(hostname.slice(1), "short"));
  await eventually("the remark to go", () => remark() === "");
});
