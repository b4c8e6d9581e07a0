// Objects that cannot be read: what is not known is not said, what could depend on it is not called whole, the rest is
// told as ever, and a person reads which object and which field.

import { shardKey } from "@sealane/core";
import { expect, onTestFinished, test } from "vitest";
import { contentTypes, createKubeClient } from "../kube/client.ts";
import { objectPath, resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { Fixtures } from "../kube/testing/fixtures.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import { eventually } from "../kube/testing/wait.ts";
import { followApiServer } from "./follow.ts";
import { Observer } from "./observer.ts";

const shop = "shop";

async function startCluster() {
  const api = await startFakeApiServer({ crds: "served" });
  const client = createKubeClient(api.admin);
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await client.close();
    await api.close();
  });
  const kube = fixtures(client);
  for (const namespace of [shop, "blog"]) {
    await kube.create(resources.namespaces, "", namespace);
    await exportWeb(kube, namespace);
  }
  const facts = new Map<string, unknown>();
  const whole = new Set<string>();
  const observe = async (): Promise<Observer> => {
    const observer = new Observer(
      {
        follow: followApiServer(client, { backoff: { minMs: 5, maxMs: 100 } }),
        cluster: "a",
        declared: {},
        onFacts: (changes) => {
          for (const { shard, key, value } of changes) facts.set(`${shardKey(shard)} ${key}`, value);
        },
        onComplete: (shards) => shards.forEach((id) => whole.add(shardKey(id))),
        onSynced: () => {},
      },
      stop.signal,
    );
    await eventually("the first facts", () => observer.synced);
    return observer;
  };
  /** Says where a node is, as its kubelet does. */
  const place = async (name: string, address: string): Promise<void> => {
    await client.request("PATCH", objectPath(resources.nodes, "", name, "status"), {
      body: { status: { addresses: [{ type: "InternalIP", address }] } },
      contentType: contentTypes.mergePatch,
    });
  };
  return { kube, facts, whole, observe, place };
}

async function exportWeb(kube: Fixtures, namespace: string): Promise<void> {
  await kube.create(resources.services, namespace, "web", { spec: { ports: [{ name: "http", port: 80 }] } });
  await kube.create(resources.serviceExports, namespace, "web", { spec: {} });
  await kube.create(
    resources.endpointSlices,
    namespace,
    "web-4",
    { addressType: "IPv4", ports: [], endpoints: [{ addresses: ["10.1.0.1"], nodeName: "a1" }] },
    { labels: { "kubernetes.io/service-name": "web" } },
  );
}

const exportedWeb = `export|a|${shop} web`;
const reachedWeb = `reach|a|${shop} web/a1`;
const everything = ["cluster|a|", "node|a|", "namespace|a|", "path|a|", ...shards("blog"), ...shards(shop)];

function shards(namespace: string): string[] {
  return [`export|a|${namespace}`, `reach|a|${namespace}`];
}

const broken = [
  {
    what: "ServiceExport",
    resource: resources.serviceExports,
    name: "web",
    bad: { spec: { exportedLabels: { tier: 7 } } },
    good: { spec: { exportedLabels: { tier: "front" } } },
    field: 'spec.exportedLabels["tier"] must be a string',
    judged: false,
  },
  {
    what: "Service",
    resource: resources.services,
    name: "web",
    bad: { spec: { ports: [{ name: "http", port: "80" }] } },
    good: { spec: { ports: [{ name: "http", port: 80 }] } },
    field: "spec.ports[0].port must be a whole number",
    judged: false,
  },
  {
    what: "EndpointSlice",
    resource: resources.endpointSlices,
    name: "web-4",
    bad: { endpoints: [{ addresses: ["nowhere"], nodeName: "a1" }] },
    good: { endpoints: [{ addresses: ["10.1.0.2"], nodeName: "a1" }] },
    field: "endpoints[0].addresses[0]",
    judged: true,
  },
] as const;

test.each(broken)("a $what that cannot be read hides its service alone", async (each) => {
  const { resource, name, bad, good, field, what, judged } = each;
  const { kube, facts, whole, observe } = await startCluster();
  await kube.patch(resource, shop, name, bad);
  const observer = await observe();
  expect([facts.has(exportedWeb), facts.has(reachedWeb)]).toEqual([false, false]);
  expect([
    facts.has("export|a|blog web"),
    facts.has("reach|a|blog web/a1"),
    facts.has("cluster|a| "),
  ]).toEqual([true, true, true]);
  expect([...whole].toSorted()).toEqual(
    ["cluster|a|", "node|a|", "namespace|a|", ...shards("blog")].toSorted(),
  );
  const [finding, ...others] = observer.findings();
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ subject: `${shop}/${name}`, reason: "ObjectUnreadable" });
  expect(finding?.message).toContain(`Cannot read ${what} ${shop}/${name}: ${field}`);
  expect(finding?.message).toContain("nothing of its kind is told as gone meanwhile");
  expect(observer.exportVerdict(shop, "web") !== undefined).toBe(judged);
  await kube.patch(resource, shop, name, good);
  await eventually("everything to be whole", () => whole.has("path|a|"));
  expect([facts.has(exportedWeb), facts.has(reachedWeb)]).toEqual([true, true]);
  expect([...whole].toSorted()).toEqual(everything.toSorted());
  expect(observer.findings()).toEqual([]);
});

test("one that goes unread is known to be gone", async () => {
  const { kube, facts, whole, observe } = await startCluster();
  await kube.patch(resources.services, shop, "web", { spec: { ports: [{ name: "http", port: "80" }] } });
  const observer = await observe();
  await kube.remove(resources.services, shop, "web");
  await eventually("everything to be whole", () => whole.has("path|a|"));
  expect(facts.has(exportedWeb)).toBe(false);
  expect(observer.exportVerdict(shop, "web")).toMatchObject({ yes: false, reason: "NoService" });
});

test("what concerns no export hides nothing", async () => {
  const { kube, whole, observe } = await startCluster();
  await kube.create(resources.services, shop, "inner", { spec: { ports: [{ port: "80" }] } });
  const observer = await observe();
  expect([...whole].toSorted()).toEqual(everything.toSorted());
  expect(observer.findings()).toHaveLength(1);
});

test("a Node that cannot be read leaves the cluster's ranges and nodes unknown, and nothing else", async () => {
  const { kube, facts, whole, observe, place } = await startCluster();
  for (const name of ["a1", "a2"])
    await kube.create(resources.nodes, "", name, { spec: { podCIDR: "10.77.0.0/24" } });
  await place("a1", "192.0.2.1");
  await place("a2", "a2.internal");
  const observer = await observe();
  expect([facts.has("node|a| a1"), facts.has("node|a| a2"), facts.has("cluster|a| ")]).toEqual([
    true,
    false,
    false,
  ]);
  expect([...whole].toSorted()).toEqual(["namespace|a|", ...shards("blog"), ...shards(shop)].toSorted());
  expect(observer.findings()[0]?.message).toContain("Cannot read Node a2: status.addresses[0].address");
  await place("a2", "192.0.2.2");
  await eventually("everything to be whole", () => whole.has("path|a|"));
  expect([facts.has("node|a| a2"), facts.has("cluster|a| ")]).toEqual([true, true]);
});

test("one that turns unreadable keeps what was said of it, and hides nothing", async () => {
  const { kube, facts, observe } = await startCluster();
  const observer = await observe();
  const before = facts.get(exportedWeb);
  await kube.patch(resources.services, shop, "web", { spec: { ports: [{ name: "http", port: "80" }] } });
  await eventually("the finding", () => observer.findings().length > 0);
  expect(observer.findings()[0]?.message).toContain("what was known of it holds");
  await exportWeb(kube, "later");
  await eventually("what comes later", () => facts.has("export|a|later web"));
  expect(facts.get(exportedWeb)).toBe(before);
});
