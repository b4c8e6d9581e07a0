// What leaving takes away and what it leaves, against the fake API server: everything with our mark goes, in its order;
// everything else is as it was before.

import type { Finding } from "@sealane/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { peersCorefile } from "../dns/peers.ts";
import { withStub } from "../dns/stub.ts";
import { createKubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeApiServer } from "../kube/testing/fake-api-server.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import type { Fixtures } from "../kube/testing/fixtures.ts";
import { recordingClient, withRequest } from "../kube/testing/harness.ts";
import type { RecordingClient } from "../kube/testing/harness.ts";
import { RoutesGone } from "./routes-gone.ts";
import { withdraw } from "./withdraw.ts";

const namespace = "sealane-system";
const corefile = ".:53 {\n    errors\n    kubernetes cluster.local\n}\n";
const marks = {
  labels: { "app.kubernetes.io/managed-by": "sealane" },
  annotations: { "sealane.dev/owner": "sealane-agent" },
};
const theirs = { labels: { "app.kubernetes.io/managed-by": "helm" } };
const condition = (type: string) => ({
  type,
  status: "True",
  reason: "Said",
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
});

let server: FakeApiServer;
let client: RecordingClient;
let kube: Fixtures;

beforeEach(async () => {
  server = await startFakeApiServer({ crds: "served" });
  client = recordingClient(createKubeClient(server.admin));
  kube = fixtures(client);
});

afterEach(async () => {
  await client.close();
  await server.close();
});

/** A cluster that imports and exports, with DNS and what is kept for speakers; and neighbours that are not ours. */
async function joined(): Promise<void> {
  const own = { zone: "d.mesh.example", meshZone: "mesh.example", addresses: ["10.104.0.53"], port: 1053 };
  const peers = peersCorefile({ own, peers: [] }, own.addresses);
  const stubbed = withStub(corefile, {
    meshZone: own.meshZone,
    addresses: own.addresses,
    version: [1, 15, 0],
  });
  if ("problem" in peers || "problem" in stubbed) throw new Error("the fixtures are not valid");
  await kube.create(resources.serviceImports, "shop", "web", { spec: {} }, marks);
  await kube.create(resources.services, "shop", "sealane-abc", { spec: { ports: [{ port: 80 }] } }, marks);
  await kube.create(resources.services, "shop", "web", { spec: { ports: [{ port: 80 }] } }, theirs);
  await kube.create(resources.endpointSlices, "shop", "sealane-abc-1", { endpoints: [] }, marks);
  await kube.create(resources.endpointSlices, "shop", "web-x", { endpoints: [] }, theirs);
  const leads = { ...marks, labels: { ...marks.labels, "kubernetes.io/service-name": "sealane-agent" } };
  await kube.create(resources.endpointSlices, namespace, "sealane-agent-ipv4", { endpoints: [] }, leads);
  const ours = { conditions: [condition("Valid"), condition("Ready"), condition("Conflict")] };
  await kube.create(resources.serviceExports, "shop", "web");
  await kube.setStatus(resources.serviceExports, "shop", "web", ours);
  const mixed = { conditions: [condition("Ready"), condition("example.com/Audited")] };
  await kube.create(resources.serviceExports, "shop", "db");
  await kube.setStatus(resources.serviceExports, "shop", "db", mixed);
  await kube.create(resources.configMaps, "kube-system", "coredns", { data: { Corefile: stubbed.text } });
  await kube.create(
    resources.configMaps,
    namespace,
    "mesh-dns-peers",
    { data: { Corefile: peers.text } },
    marks,
  );
  for (const name of ["mesh-dns-front", "sealane-agent-ca"])
    await kube.create(resources.configMaps, namespace, name, { data: {} }, marks);
  await kube.create(resources.configMaps, namespace, "kube-root-ca.crt", { data: {} });
  await kube.create(resources.secrets, namespace, "sealane-agent-listener", { data: {} }, marks);
  await kube.create(resources.secrets, namespace, "sealane-join", { data: {} });
  for (const [name, value] of [
    ["clusterset.k8s.io", "mesh.example"],
    ["cluster.clusterset.k8s.io", "d"],
  ] as const)
    await kube.create(resources.clusterProperties, "", name, { spec: { value } }, marks);
  await kube.create(resources.clusterProperties, "", "example.com/region", { spec: { value: "fra" } });
}

async function left(nodesWithRoutes: () => readonly string[] = () => []): Promise<readonly Finding[]> {
  return withdraw({
    client,
    namespace,
    nodesWithRoutes,
    nodesMs: 200,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
}

async function names(resource: (typeof resources)[keyof typeof resources], of = "shop"): Promise<string[]> {
  return (await kube.list(resource, of)).map(({ metadata }) => metadata.name).toSorted();
}

test("everything of ours goes, and everything else is as it was", async () => {
  await joined();
  await left();
  expect(await names(resources.serviceImports)).toEqual([]);
  expect(await names(resources.services)).toEqual(["web"]);
  expect(await names(resources.endpointSlices)).toEqual(["web-x"]);
  expect(await names(resources.endpointSlices, namespace)).toEqual([]);
  expect(await names(resources.configMaps, namespace)).toEqual(["kube-root-ca.crt"]);
  expect(await names(resources.secrets, namespace)).toEqual(["sealane-join"]);
  expect((await kube.get(resources.configMaps, "kube-system", "coredns"))?.["data"].Corefile).toBe(corefile);
});

test("who the cluster was is said no more, the set first, and other properties stay (MCS 3)", async () => {
  await joined();
  await left();
  expect(await names(resources.clusterProperties, "")).toEqual(["example.com/region"]);
  const deleted = client.asked.filter(
    (each) => each.startsWith("DELETE") && each.includes("clusterproperties"),
  );
  expect(deleted.map((each) => each.split("/").at(-1))).toEqual([
    "clusterset.k8s.io",
    "cluster.clusterset.k8s.io",
  ]);
});

test("a set that somebody else says stays and is named", async () => {
  await kube.create(resources.clusterProperties, "", "clusterset.k8s.io", { spec: { value: "theirs" } });
  const findings = await left();
  expect(findings[0]).toMatchObject({ subject: "ClusterProperty clusterset.k8s.io", reason: "LeftBehind" });
  expect(findings[0]?.message).toContain('it says "theirs"');
  expect(await names(resources.clusterProperties, "")).toEqual(["clusterset.k8s.io"]);
});

test("where properties may not be listed, leaving goes on and says so", async () => {
  await joined();
  const plain = client;
  client = recordingClient(
    withRequest(plain, async (method, path, options) => {
      if (path.includes("clusterproperties")) throw new KubeError("no", { status: 403, reason: "Forbidden" });
      return plain.request(method, path, options);
    }),
  );
  const findings = await left();
  expect(findings[0]).toMatchObject({ subject: "ClusterProperties", reason: "LeftBehind" });
  expect(await names(resources.services)).toEqual(["web"]);
});

test("exports lose our conditions, keep those of others, and stay", async () => {
  await joined();
  const findings = await left();
  expect((await kube.get(resources.serviceExports, "shop", "web"))?.["status"]).toBeUndefined();
  const audited = { conditions: [condition("example.com/Audited")] };
  expect((await kube.get(resources.serviceExports, "shop", "db"))?.["status"]).toEqual(audited);
  const own = findings.find(({ subject }) => subject === "ServiceExports");
  expect(own?.message).toContain("shop/db, shop/web");
});

test("exports that a selector made go with everything of ours, and are not called people's", async () => {
  await joined();
  await kube.create(resources.serviceExports, "shop", "chosen", {}, marks);
  await kube.setStatus(resources.serviceExports, "shop", "chosen", { conditions: [condition("Ready")] });
  const findings = await left();
  expect(await names(resources.serviceExports)).toEqual(["db", "web"]);
  expect(findings.find(({ subject }) => subject === "ServiceExports")?.message).not.toContain("chosen");
});

test("names go before what they lead to, and speakers can reach the agent until their routes are gone", async () => {
  await joined();
  let asked = 0;
  await left(() => (asked++ < 3 ? ["d1"] : []));
  const order = client.asked.filter((each) => each.startsWith("DELETE"));
  const at = (part: string) => order.findIndex((each) => each.includes(part));
  expect(at("serviceimports/web")).toBeLessThan(at("endpointslices/sealane-abc-1"));
  expect(at("endpointslices/sealane-abc-1")).toBeLessThan(at("services/sealane-abc"));
  expect(at("services/sealane-abc")).toBeLessThan(at("endpointslices/sealane-agent-ipv4"));
  expect(asked).toBeGreaterThan(3);
});

test("a node that says nothing is named", async () => {
  await joined();
  const findings = await left(() => ["d2"]);
  expect(findings[0]).toMatchObject({ subject: "Node d2", reason: "LeftBehind" });
  expect(await names(resources.configMaps, namespace)).toEqual(["kube-root-ca.crt"]);
});

test("somebody else's block in the Corefile stays and is named", async () => {
  await joined();
  const foreign = `${corefile}mesh.example:53 {\n    file /etc/zone\n}\n`;
  await kube.patch(resources.configMaps, "kube-system", "coredns", { data: { Corefile: foreign } });
  const findings = await left();
  expect(findings[0]).toMatchObject({ subject: "kube-system/coredns", reason: "LeftBehind" });
  expect((await kube.get(resources.configMaps, "kube-system", "coredns"))?.["data"].Corefile).toBe(foreign);
});

test("a second time finds nothing and harms nothing", async () => {
  await joined();
  await left();
  client.asked.splice(0);
  await left();
  const writes = client.asked.filter((each) => !each.startsWith("LIST"));
  expect(writes.filter((each) => !each.endsWith("secrets/sealane-agent-listener"))).toEqual([]);
});

test("only a speaker that has no route left is done", () => {
  const gone = new RoutesGone();
  const report = (node: string, desired: number, observed: number) => ({
    node,
    counts: [{ kind: "routes", desired, observed }],
    findings: [],
    observedUnixUs: 1n,
  });
  gone.heard(report("d1", 0, 0));
  gone.heard(report("d2", 3, 3));
  gone.heard({ ...report("d3", 0, 0), counts: [] });
  expect(gone.missing(["d1", "d2", "d3"])).toEqual(["d2", "d3"]);
  gone.heard(report("d1", 1, 0));
  expect(gone.missing(["d1"])).toEqual(["d1"]);
});
