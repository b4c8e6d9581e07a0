// A cluster that nobody can reach: its endpoints stay until there is evidence against them or a person says that it has
// left; no time alone takes them away. One that was never heard to the end keeps nothing of the others.

import { mayRemoveEndpoints, mayRemoveImport } from "@sealane/core";
import { AdminDepartureState, AdminSessionState } from "@sealane/wire";
import { expect, it, vi } from "vitest";
import type { TestAgent } from "./testing/agent.ts";
import { clusterFact, exportFact, reachFact } from "./testing/facts.ts";
import { testHub } from "./testing/hub.ts";
import { agentOf, pair, sameDoors, until } from "./testing/members.ts";

const importShard = { kind: "import", origin: "", namespace: "shop" } as const;

it("keeps the endpoints of an unreachable cluster, and says that it is silent (MCS 44)", async () => {
  const { hub, a, b } = await pair();
  a.client.close();
  b.changes.length = 0;
  await vi.waitFor(async () => {
    const { clusters } = await hub.admin.listClusters({});
    expect(clusters.find(({ name }) => name === "a")?.state).toBe(AdminSessionState.SILENT);
  });
  // News of others pass, so it is not that nothing is sent.
  b.say("reach", { namespace: "shop", key: "web/n1" }, reachFact(2, false));
  await until(() => expect([...b.view.reach("b", "shop", "web")]).toEqual([["n1", reachFact(2, false)]]));
  const stays = ({ view }: TestAgent) => {
    expect(view.import("shop", "web")?.exporters.map(({ cluster }) => cluster)).toEqual(["a", "b"]);
    expect([...view.reach("a", "shop", "web")]).toEqual([["n1", reachFact(1)]]);
  };
  stays(b);
  await hub.close();
  const again = await testHub({ data: hub.data, ...sameDoors(hub) });
  const late = await agentOf(again, "c");
  await until(() => stays(late));
  stays(b);
});

it("takes them away when a person says that the cluster is gone for good (MCS 44, 5)", async () => {
  const { hub, a, b } = await pair();
  a.client.close();
  await hub.admin.leaveCluster({ cluster: "a" });
  await hub.admin.leaveCluster({ cluster: "a", force: true });
  await vi.waitFor(async () => {
    const { departure } = await hub.admin.getDeparture({ cluster: "a" });
    expect(departure?.state).toBe(AdminDepartureState.LEFT);
  });
  await until(() => {
    expect(b.view.import("shop", "web")?.exporters.map(({ cluster }) => cluster)).toEqual(["b"]);
    expect([...b.view.reach("a", "shop", "web")]).toEqual([]);
  });
  expect(b.view.complete(importShard)).toBe(true);
});

it("lets go of an export that ended, though a member that joined was never heard to the end (MCS 19, 41)", async () => {
  const { hub, a, b } = await pair();
  const d = await agentOf(hub, "d");
  d.say("cluster", { key: "" }, clusterFact(4));
  await until(() => expect(b.view.member("d")).toBeDefined());
  a.say("export", { namespace: "fresh", key: "web" }, { ...exportFact(1), uid: "fresh" });
  a.say("reach", { namespace: "fresh", key: "web/n1" }, reachFact(1));
  a.complete(a.id("export", "fresh"), a.id("reach", "fresh"));
  await until(() => expect([...b.view.reach("a", "fresh", "web")]).toHaveLength(1));
  expect(mayRemoveImport(b.view, "fresh", "web", ["d"])).toBe(false);
  a.unsay("export", { namespace: "fresh", key: "web" });
  await until(() => expect(b.view.import("fresh", "web")).toBeUndefined());
  expect(b.view.complete({ ...importShard, namespace: "fresh" })).toBe(false);
  expect(mayRemoveEndpoints(b.view, "fresh", "web", "a")).toBe(true);
  expect(mayRemoveImport(b.view, "fresh", "web", ["a"])).toBe(true);
});
