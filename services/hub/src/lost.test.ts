// A hub whose store was restored from an older copy: nobody loses what came later, and everybody converges once the
// clusters have spoken again.

import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { TestAgent, joinNew } from "./testing/agent.ts";
import { exportFact, reachFact, sayCluster } from "./testing/facts.ts";
import type { TestHub } from "./testing/hub.ts";
import { testHub } from "./testing/hub.ts";
import { agentOf, pair, sameDoors, until } from "./testing/members.ts";

const exportersAt = (agent: TestAgent, name = "web") =>
  agent.view.import("shop", name)?.exporters.map(({ cluster }) => cluster);
const awaitedOf = async ({ admin }: TestHub, name: string) =>
  (await admin.listClusters({})).clusters.find((cluster) => cluster.name === name)?.awaited;
const removals = (agent: TestAgent) =>
  agent.changes.flatMap(({ entries }) => entries.filter(({ value }) => value === undefined));

/** A second hub on the data of the first as it was when it stopped, or as it was before. */
async function restart(hub: TestHub, from: string): Promise<TestHub> {
  await hub.close();
  if (from !== hub.data) {
    rmSync(hub.data, { recursive: true });
    cpSync(from, hub.data, { recursive: true });
  }
  return testHub({ data: hub.data, ...sameDoors(hub) });
}

it("waits for the clusters that may have said something since the copy was made", async () => {
  const { hub: first, a, b } = await pair();
  const copy = mkdtempSync(path(tmpdir(), "sealane-copy-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  await first.close();
  cpSync(first.data, copy, { recursive: true });
  const second = await testHub({ data: first.data, ...sameDoors(first) });

  // After the copy: an export of a member, and a member.
  a.say("export", { namespace: "shop", key: "api" }, { ...exportFact(1), uid: "uid-api" });
  a.say("reach", { namespace: "shop", key: "api/n1" }, reachFact(1));
  const certificate = await joinNew(second, "d");
  const d = new TestAgent({ address: second.sessionAddress, cluster: "d", certificate });
  sayCluster(d, 4);
  await until(() => {
    expect([exportersAt(b), exportersAt(b, "api")]).toEqual([["a", "b", "d"], ["a"]]);
    expect([...b.view.reach("a", "shop", "api"), ...b.view.reach("d", "shop", "web")]).toHaveLength(2);
  });
  a.client.close();
  d.client.close();
  b.changes.length = 0;
  const hub = await restart(second, copy);

  const awaited = () =>
    hub.log.find(({ cluster, awaited: names }) => cluster === "b" && names !== undefined)?.["awaited"];
  await until(() => expect(awaited()).toEqual(["a", "b", "d"]));
  await until(async () => expect(await awaitedOf(hub, "b")).toEqual(["a", "d"]));
  // A change of b's own proves that it is told what the hub knows for sure.
  b.say("reach", { namespace: "shop", key: "web/n1" }, reachFact(2, false));
  await until(() => expect([...b.view.reach("b", "shop", "web")]).toEqual([["n1", reachFact(2, false)]]));
  expect([exportersAt(b), exportersAt(b, "api")]).toEqual([["a", "b", "d"], ["a"]]);
  expect([...b.view.reach("a", "shop", "api"), ...b.view.reach("d", "shop", "web")]).toHaveLength(2);
  expect(removals(b)).toEqual([]);

  // One of two is back: its pods are news again, and what is merged still waits for the other.
  const again = { address: hub.sessionAddress, epoch: 2n };
  const backA = new TestAgent({ ...again, cluster: "a", certificate: await joinNew(hub, "a"), before: a });
  backA.say("reach", { namespace: "shop", key: "api/n1" }, reachFact(1, false));
  await until(() => expect([...b.view.reach("a", "shop", "api")]).toEqual([["n1", reachFact(1, false)]]));
  expect(exportersAt(b)).toEqual(["a", "b", "d"]);
  expect(removals(b)).toEqual([]);

  const backD = new TestAgent({ ...again, cluster: "d", certificate, before: d });
  backD.unsay("export", { namespace: "shop", key: "web" });
  backA.unsay("export", { namespace: "shop", key: "api" });
  await until(() => expect([exportersAt(b), exportersAt(b, "api")]).toEqual([["a", "b"], undefined]));
  expect(await awaitedOf(hub, "b")).toEqual([]);
});

it("waits for nobody when its store is what it was", async () => {
  const { hub, a, b } = await pair();
  a.client.close();
  const again = await restart(hub, hub.data);
  await until(() => expect(b.states.filter(({ state }) => state === "connected")).toHaveLength(2));
  b.say("export", { namespace: "shop", key: "api" }, { ...exportFact(2), uid: "uid-api" });
  await until(() => expect(exportersAt(b, "api")).toEqual(["b"]));
  expect(again.log.filter(({ awaited }) => awaited !== undefined)).toEqual([]);
});

it("takes back no pod when only its cache is behind, and goes on with everything else", async () => {
  const { hub: first, a, b } = await pair();
  const copy = mkdtempSync(path(tmpdir(), "sealane-copy-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  await first.close();
  cpSync(first.data, copy, { recursive: true });
  const second = await testHub({ data: first.data, ...sameDoors(first) });
  a.say("reach", { namespace: "shop", key: "web/n2" }, reachFact(1));
  const nodesAt = () => [...b.view.reach("a", "shop", "web")].map(([node]) => node).toSorted();
  await until(() => expect(nodesAt()).toEqual(["n1", "n2"]));
  a.client.close();
  await second.close();
  for (const file of readdirSync(second.data).filter((name) => name.startsWith("facts.db")))
    rmSync(path(second.data, file));
  cpSync(path(copy, "facts.db"), path(second.data, "facts.db"));
  b.changes.length = 0;
  const hub = await testHub({ data: second.data, ...sameDoors(second) });
  b.say("export", { namespace: "shop", key: "own" }, { ...exportFact(2), uid: "uid-own" });
  await until(() => expect(exportersAt(b, "own")).toEqual(["b"]));
  expect([nodesAt(), removals(b)]).toEqual([["n1", "n2"], []]);
  expect(hub.log.flatMap(({ awaited }) => awaited ?? [])).toEqual(["a"]);

  const certificate = await joinNew(hub, "a");
  const address = hub.sessionAddress;
  const back = new TestAgent({ address, cluster: "a", certificate, epoch: 2n, before: a });
  back.unsay("reach", { namespace: "shop", key: "web/n1" });
  await until(() => expect(nodesAt()).toEqual(["n2"]));
});

it("waits no more for a cluster that has left", async () => {
  const { hub: first, a, b } = await pair();
  const copy = mkdtempSync(path(tmpdir(), "sealane-copy-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  await first.close();
  cpSync(first.data, copy, { recursive: true });
  const second = await testHub({ data: first.data, ...sameDoors(first) });
  a.say("export", { namespace: "shop", key: "api" }, { ...exportFact(1), uid: "uid-api" });
  await until(() => expect(exportersAt(b, "api")).toEqual(["a"]));
  a.client.close();
  const hub = await restart(second, copy);
  b.say("export", { namespace: "shop", key: "own" }, { ...exportFact(2), uid: "uid-own" });
  await until(() => expect(b.client.counts?.framesAcked).toBeGreaterThan(0n));
  expect([exportersAt(b, "own"), exportersAt(b, "api")]).toEqual([undefined, ["a"]]);
  await hub.admin.leaveCluster({ cluster: "a", force: true });
  await until(() => {
    expect([exportersAt(b), exportersAt(b, "own"), exportersAt(b, "api")]).toEqual([["b"], ["b"], undefined]);
  });
});

it("waits no more for a cluster that it never heard of, once a person says that it has left", async () => {
  const { hub: first, a, b } = await pair();
  const copy = mkdtempSync(path(tmpdir(), "sealane-copy-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  await first.close();
  cpSync(first.data, copy, { recursive: true });
  const second = await testHub({ data: first.data, ...sameDoors(first) });
  const d = await agentOf(second, "d");
  const all = ["a", "b", "d"];
  sayCluster(d, 4);
  await until(() => expect([exportersAt(a), exportersAt(b)]).toEqual([all, all]));
  d.client.close();
  const hub = await restart(second, copy);
  a.say("export", { namespace: "shop", key: "api" }, { ...exportFact(1), uid: "uid-api" });
  await until(() => expect([a.connected, b.connected]).toEqual([true, true]));
  await until(() => expect(a.client.counts?.framesAcked).toBeGreaterThan(0n));
  expect([exportersAt(b), exportersAt(b, "api")]).toEqual([["a", "b", "d"], undefined]);
  await expect(hub.admin.leaveCluster({ cluster: "e" })).rejects.toThrow(/No cluster "e"/);
  await hub.admin.leaveCluster({ cluster: "d", force: true });
  await until(() => expect([exportersAt(b), exportersAt(b, "api")]).toEqual([["a", "b"], ["a"]]));
});
