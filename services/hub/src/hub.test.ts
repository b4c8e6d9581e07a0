// One hub with hand-written agents over real mTLS: sessions, restarts, quarantine, and peers that break the contract.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { TestAgent, joinNew } from "./testing/agent.ts";
import { clusterFact, exportFact, reachFact } from "./testing/facts.ts";
import { testHub } from "./testing/hub.ts";
import { agentOf, pair, until } from "./testing/members.ts";

it("brings an export, its pods and its decision to those who need them (MCS 1, 9)", async () => {
  const { a, b } = await pair();
  expect(b.view.member("a")?.ranges.map((it) => [it.prefix, it.admitted])).toContainEqual([
    "10.1.0.0/16",
    true,
  ]);
  await until(() => expect(a.view.exportStatus("a", "shop", "web")?.accepted).toBe(true));
  expect(b.view.exportStatus("a", "shop", "web")).toBeUndefined();
  a.say("reach", { namespace: "shop", key: "web/n1" }, reachFact(1, false));
  await until(() => expect([...b.view.reach("a", "shop", "web")]).toEqual([["n1", reachFact(1, false)]]));
  a.unsay("export", { namespace: "shop", key: "web" });
  await until(() => {
    expect(b.view.import("shop", "web")?.exporters.map((it) => it.cluster)).toEqual(["b"]);
    expect([...b.view.reach("a", "shop", "web")]).toEqual([]);
  });
});

it("sends nothing after a reconnection with equal sums, in either direction", async () => {
  const { a, b } = await pair();
  const before = a.states.length;
  b.client.redial();
  await until(() => expect(b.states.length).toBeGreaterThanOrEqual(3));
  await until(() => expect(b.connected).toBe(true));
  // One new fact that nobody else is told of: when it is acknowledged, whatever was owed before it was sent.
  b.say("namespace", { key: "quiet" }, {});
  await until(() => expect(b.client.counts).toMatchObject({ framesAcked: 1n }));
  expect(b.client.counts).toMatchObject({ framesSent: 1n, framesReceived: 0n });
  expect(a.states.length).toBe(before);
});

it("loses nothing durable when it restarts with its cache deleted and a cluster silent", async () => {
  const { hub, a, b } = await pair();
  a.client.close();
  const ports = {
    listen: hub.sessionAddress,
    joinListen: hub.joinAddress,
    metricsListen: hub.metricsAddress,
  };
  await hub.close();
  rmSync(path(hub.data, "facts.db"));
  b.changes.length = 0;
  const again = await testHub({ data: hub.data, ...ports });
  await until(() => expect(b.states.filter((it) => it.state === "connected")).toHaveLength(2));

  const { services } = await again.admin.listServices({});
  expect(services.map((it) => [it.name, it.service?.owner])).toEqual([["web", "a"]]);
  const { ranges } = await again.admin.listRanges({ cluster: "a" });
  expect(ranges.map((it) => it.range?.admitted)).toEqual([true, true, true]);

  // A change of b's own proves that the session works both ways; then nothing of a may have gone.
  b.say("reach", { namespace: "shop", key: "web/n1" }, reachFact(2, false));
  await until(() => expect([...b.view.reach("b", "shop", "web")]).toEqual([["n1", reachFact(2, false)]]));
  expect([...b.view.reach("a", "shop", "web")]).toEqual([["n1", reachFact(1)]]);
  expect(b.changes.flatMap(({ entries }) => entries.filter((it) => it.value === undefined))).toEqual([]);

  // The same watcher sees a removal that is meant: a comes back without its export.
  const back = new TestAgent({
    address: again.sessionAddress,
    cluster: "a",
    certificate: await joinNew(again, "a"),
    epoch: 2n,
    before: a,
  });
  back.unsay("export", { namespace: "shop", key: "web" });
  await until(() => expect(b.view.import("shop", "web")?.owner).toBe("b"));
});

it("knows every fact at once when it restarts with its cache", async () => {
  const { hub, a, b } = await pair();
  const ports = { listen: hub.sessionAddress, joinListen: hub.joinAddress };
  a.client.close();
  b.client.close();
  await hub.close();
  const again = await testHub({ data: hub.data, ...ports });
  const { clusters } = await again.admin.listClusters({});
  expect(clusters.map((it) => [it.name, it.nodes, it.exports, it.state])).toEqual([
    ["a", 1, 1, 1],
    ["b", 1, 1, 1],
  ]);
  const { services } = await again.admin.listServices({});
  expect(services.map((it) => [it.ready, it.pods])).toEqual([[2, 2]]);
  const late = new TestAgent({
    address: again.sessionAddress,
    cluster: "a",
    certificate: await joinNew(again, "a"),
    epoch: 1n,
    before: a,
  });
  late.say("namespace", { key: "quiet" }, {});
  await until(() => expect(late.client.counts).toMatchObject({ framesAcked: 1n }));
  expect(late.client.counts).toMatchObject({ framesSent: 1n, framesReceived: 0n });
});

it("quarantines a newcomer's overlapping range, tells it whose and what is free, and admits its correction", async () => {
  const documents = mkdtempSync(path(tmpdir(), "sealane-documents-"));
  onTestFinished(() => rmSync(documents, { recursive: true }));
  const set = { apiVersion: "sealane.dev/v1alpha1", kind: "ClusterSet", metadata: { name: "main" } };
  const spec = { meshZone: "mesh.example", pools: [{ kind: "pod", prefix: "10.0.0.0/12" }] };
  writeFileSync(path(documents, "set.yaml"), JSON.stringify({ ...set, spec }));
  const { hub, b } = await pair({ documents });
  const c = await agentOf(hub, "c");
  const fact = clusterFact(3);
  const overlapping = {
    ...fact,
    ranges: [{ prefix: "10.1.128.0/17", kind: "pod" as const, source: "test" }, ...fact.ranges.slice(1)],
  };
  c.say("cluster", { key: "" }, overlapping);
  c.completeAll();
  const verdictOf = (agent: TestAgent) => agent.view.member("c")?.ranges.find((it) => it.kind === "pod");
  const refused = {
    admitted: false,
    reason: "RangeOverlap",
    owner: "a",
    ownerPrefix: "10.1.0.0/16",
    overlap: "10.1.128.0/17",
    free: "10.0.0.0/17",
  };
  await until(() => {
    expect(verdictOf(c)).toMatchObject(refused);
    expect(verdictOf(b)).toMatchObject(refused);
  });
  expect(b.view.member("a")?.ranges.every((it) => it.admitted)).toBe(true);
  const lines = hub.log.filter((line) => line["msg"] === "range quarantined");
  expect(lines).toEqual([
    expect.objectContaining({ cluster: "c", prefix: "10.1.128.0/17", owner: "a", overlap: "10.1.128.0/17" }),
  ]);
  c.say("cluster", { key: "" }, fact);
  await until(() => expect(verdictOf(b)).toMatchObject({ prefix: "10.3.0.0/16", admitted: true }));
});

it("takes documents over while it runs, and keeps the last good ones over a restart with a bad file", async () => {
  const documents = mkdtempSync(path(tmpdir(), "sealane-documents-"));
  onTestFinished(() => rmSync(documents, { recursive: true }));
  const write = (zone: string) =>
    writeFileSync(
      path(documents, "set.yaml"),
      `apiVersion: sealane.dev/v1alpha1\nkind: ClusterSet\nmetadata: { name: main }\nspec:\n  meshZone: ${zone}\n`,
    );
  const { hub, b } = await pair({ documents });
  write("one.example");
  const zoneAtB = () => new Map(b.view.stubs()).get("a")?.zone;
  await until(() => expect(zoneAtB()).toBe("a.one.example"));
  write("Two.example");
  await vi.waitFor(
    async () => {
      const { refusedDocuments } = await hub.admin.getStatus({});
      expect(refusedDocuments).toEqual([expect.stringMatching(/^set\.yaml:5: spec\.meshZone: .*"Two"/)]);
    },
    { timeout: 5_000, interval: 5 },
  );
  expect(zoneAtB()).toBe("a.one.example");
  b.client.close();
  await hub.close();
  const again = await testHub({ data: hub.data, documents });
  expect(await again.admin.getStatus({})).toMatchObject({ meshZone: "one.example" });
});

it("ends a session when its certificate ends", async () => {
  const hub = await testHub({ certificateTtlMs: 2_000 });
  const a = await agentOf(hub, "a");
  await until(() => expect(a.connected).toBe(true));
  await until(() => expect(a.errors[0]).toMatch(/certificate has expired/));
  await until(() => expect(a.errors.at(-1)).toMatch(/does not know the certificate|certificate has expired/));
});

it("lets only the newest leader of a cluster speak, also after a restart", async () => {
  const { hub, b } = await pair();
  const certificate = await joinNew(hub, "a");
  const newer = new TestAgent({ address: hub.sessionAddress, cluster: "a", certificate, epoch: 5n });
  await until(() => expect(newer.connected).toBe(true));
  const older = new TestAgent({ address: hub.sessionAddress, cluster: "a", certificate, epoch: 4n });
  await until(() => expect(older.errors[0]).toMatch(/later epoch 5 speaks for cluster "a"; this one has 4/));
  expect(newer.connected).toBe(true);
  for (const agent of [older, newer, b]) agent.client.close();
  await hub.close();
  const again = await testHub({ data: hub.data });
  const still = new TestAgent({ address: again.sessionAddress, cluster: "a", certificate, epoch: 4n });
  await until(() => expect(still.errors[0]).toMatch(/later epoch 5/));
});

it("ends the older of two sessions of one cluster", async () => {
  const { hub, a } = await pair();
  const certificate = await joinNew(hub, "a");
  a.client.close();
  const first = new TestAgent({ address: hub.sessionAddress, cluster: "a", certificate, epoch: 7n });
  await until(() => expect(first.connected).toBe(true));
  const second = new TestAgent({ address: hub.sessionAddress, cluster: "a", certificate, epoch: 8n });
  await until(() => expect(first.errors[0]).toMatch(/newer session of cluster "a" replaces this one/));
  await until(() => expect(second.connected).toBe(true));
});

it.each<[string, (agent: TestAgent) => void, RegExp]>([
  [
    "speaks for another cluster",
    (c) => c.sayBytes({ kind: "node", origin: "a", namespace: "" }, "n1", new Uint8Array()),
    /"c" may not speak for "a"/,
  ],
  [
    "sends what only travels down",
    (c) => c.sayBytes(c.id("member"), "a", new Uint8Array()),
    /member\|c\| does not travel up/,
  ],
  [
    "sends bytes that are no value",
    (c) => c.sayBytes(c.id("node"), "n1", new Uint8Array([255, 255, 255])),
    /cannot decode a value of kind node/,
  ],
  [
    "uses a key that is no name",
    (c) => c.say("export", { namespace: "shop", key: "Web_1" }, exportFact(3)),
    /cannot have the key "Web_1"/,
  ],
  ["names no namespace", (c) => c.say("export", { key: "web" }, exportFact(3)), /must name a namespace/],
  [
    "sends an entry that is too large",
    (c) => c.sayBytes(c.id("node"), "n1", new Uint8Array(300 * 1024)),
    /of 307200 bytes/,
  ],
  [
    "sends a message that is too large",
    (c) => c.sayBytes(c.id("node"), "n1", new Uint8Array(1100 * 1024)),
    /RESOURCE_EXHAUSTED|larger than max/,
  ],
])("ends the session of a peer that %s, and no other", async (_, misbehave, message) => {
  const { hub, a, b } = await pair();
  const [before, members] = [a.states.length, [...b.view.members()].length];
  const c = await agentOf(hub, "c");
  await until(() => expect(c.connected).toBe(true));
  misbehave(c);
  await until(() => expect(c.errors.join("\n")).toMatch(message));
  a.say("reach", { namespace: "shop", key: "web/n1" }, reachFact(1, false));
  await until(() => expect([...b.view.reach("a", "shop", "web")]).toEqual([["n1", reachFact(1, false)]]));
  expect([a.states.length, a.errors, b.errors]).toEqual([before, [], []]);
  expect([...b.view.members()]).toHaveLength(members);
});
