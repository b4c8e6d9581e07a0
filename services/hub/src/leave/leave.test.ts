// A cluster leaves one hub with hand-written agents over real mTLS: who is waited for, what goes, what stays, and that
// only a new token brings it back.

import { expect, it, vi } from "vitest";
import type { admin } from "@sealane/wire";
import { AdminDepartureState, nowUnixUs } from "@sealane/wire";
import { TestAgent, joinNew } from "../testing/agent.ts";
import { sayCluster } from "../testing/facts.ts";
import type { TestHub } from "../testing/hub.ts";
import { testHub } from "../testing/hub.ts";

const until = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 5_000, interval: 10 });

async function agentOf(hub: TestHub, cluster: string, epoch = 1n): Promise<TestAgent> {
  const certificate = await joinNew(hub, cluster);
  return new TestAgent({ address: hub.sessionAddress, cluster, certificate, epoch });
}

async function trio(): Promise<{ hub: TestHub; a: TestAgent; b: TestAgent; c: TestAgent }> {
  const hub = await testHub();
  const [a, b, c] = [await agentOf(hub, "a"), await agentOf(hub, "b"), await agentOf(hub, "c")];
  sayCluster(a, 1);
  sayCluster(b, 2);
  sayCluster(c, 3);
  await until(() =>
    expect(b.view.import("shop", "web")?.exporters.map(({ cluster }) => cluster)).toEqual(["a", "b", "c"]),
  );
  return { hub, a, b, c };
}

/** A node's report, as its speaker would send it after every change. */
function reportNode(agent: TestAgent): void {
  agent.client.report({ node: "n1", counts: [], findings: [], observedUnixUs: nowUnixUs() });
}

function reportGone(agent: TestAgent, gone: number): void {
  const findings = [
    { subject: "BIRD on the nodes", reason: "LeftBehind", message: "its main file is yours" },
  ];
  const counts = [{ kind: "departure", desired: 7, observed: gone }];
  agent.client.report({ node: "", counts, findings, observedUnixUs: nowUnixUs() });
}

async function standing(hub: TestHub): Promise<admin.DepartureInfo> {
  const { departure } = await hub.admin.getDeparture({ cluster: "c" });
  if (departure === undefined) throw new Error("no departure");
  return departure;
}

const reaches = (hub: TestHub, state: AdminDepartureState) =>
  until(async () => expect((await standing(hub)).state).toBe(state));

it("lets the others let go first, then dismisses it, and forgets it when it has taken everything away", async () => {
  const { hub, a, b, c } = await trio();
  reportNode(b);
  await until(async () => {
    const { clusters } = await hub.admin.listClusters({});
    expect(clusters.find(({ name }) => name === "b")?.reports).toHaveLength(1);
  });
  const begun = await hub.admin.leaveCluster({ cluster: "c" });
  expect(begun.departure?.state).toBe(AdminDepartureState.WITHDRAWING);
  await until(() => {
    for (const other of [a, b]) {
      expect(other.view.import("shop", "web")?.exporters.map(({ cluster }) => cluster)).toEqual(["a", "b"]);
      expect([...other.view.nodes("c")]).toEqual([]);
    }
  });
  await until(async () => expect((await standing(hub)).waitingFor).toEqual(["b (no report since from n1)"]));
  expect(c.view.member("c")?.departure).toBe("withdrawing");

  reportNode(b);
  await reaches(hub, AdminDepartureState.DISMISSED);
  await until(() => expect(c.view.member("c")?.departure).toBe("dismissed"));
  reportGone(c, 3);
  await until(async () => expect(await standing(hub)).toMatchObject({ things: 7n, thingsGone: 3n }));
  reportGone(c, 7);
  await reaches(hub, AdminDepartureState.LEFT);

  expect((await standing(hub)).leftBehind).toEqual([
    expect.objectContaining({ subject: "BIRD on the nodes", reason: "LeftBehind" }),
  ]);
  await until(() => expect(c.errors.at(-1)).toMatch(/certificate of cluster "c" was revoked/));
  const { clusters } = await hub.admin.listClusters({});
  expect(clusters.map(({ name }) => name)).toEqual(["a", "b"]);
  await until(() => expect(b.view.member("c")).toBeUndefined());
  const { events } = await hub.admin.listEvents({ cluster: "c" });
  expect(events.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["ClusterLeaving", "RangeReleased", "ExportWithdrawn", "ClusterLeft"]),
  );
  expect(events.find(({ kind }) => kind === "ClusterLeft")?.message).toContain("BIRD on the nodes");
});

it("names a silent cluster, waits for it, and does not with force", async () => {
  const { hub, a } = await trio();
  a.client.close();
  await hub.admin.leaveCluster({ cluster: "c" });
  await until(async () => expect((await standing(hub)).waitingFor).toEqual(["a (its agent is silent)"]));
  await hub.admin.leaveCluster({ cluster: "c", force: true });
  await reaches(hub, AdminDepartureState.DISMISSED);
});

it("ends without a cluster that is gone for good when told to, and says what remains there", async () => {
  const { hub, c } = await trio();
  c.client.close();
  await hub.admin.leaveCluster({ cluster: "c" });
  await reaches(hub, AdminDepartureState.DISMISSED);
  expect((await standing(hub)).waitingFor).toEqual(["c (its agent is silent)"]);
  await hub.admin.leaveCluster({ cluster: "c", force: true });
  await reaches(hub, AdminDepartureState.LEFT);
  expect((await standing(hub)).leftBehind[0]?.message).toMatch(/everything that it wrote there remains/);
});

it("goes on over a restart of the hub, and keeps the tombstone", async () => {
  const { hub, a, c } = await trio();
  a.client.close();
  await hub.admin.leaveCluster({ cluster: "c" });
  await until(() => expect(c.view.member("c")?.departure).toBe("withdrawing"));
  const ports = { listen: hub.sessionAddress, joinListen: hub.joinAddress };
  await hub.close();
  const again = await testHub({ data: hub.data, ...ports });
  expect((await standing(again)).state).toBe(AdminDepartureState.WITHDRAWING);
  await again.admin.leaveCluster({ cluster: "c", force: true });
  await until(() => expect(c.view.member("c")?.departure).toBe("dismissed"));
  reportGone(c, 7);
  await reaches(again, AdminDepartureState.LEFT);
  await again.close();
  const third = await testHub({ data: hub.data, ...ports });
  expect((await standing(third)).state).toBe(AdminDepartureState.LEFT);
  expect((await third.admin.listClusters({})).clusters.map(({ name }) => name)).toEqual(["a", "b"]);
});

it("takes a cluster back with a new token, as if it were new", async () => {
  const { hub, b, c } = await trio();
  await hub.admin.leaveCluster({ cluster: "c" });
  await until(() => expect(c.view.member("c")?.departure).toBe("dismissed"));
  reportGone(c, 7);
  await reaches(hub, AdminDepartureState.LEFT);
  c.client.close();
  // A certificate tells its time in seconds, and one of the second of the revocation is refused.
  const endedMs = Number((await standing(hub)).endedUnixUs / 1_000n);
  await until(() => expect(Date.now()).toBeGreaterThan(endedMs + 1_000));
  const back = await agentOf(hub, "c", 2n);
  sayCluster(back, 3);
  await until(() => {
    expect(b.view.import("shop", "web")?.exporters.map(({ cluster }) => cluster)).toEqual(["a", "b", "c"]);
    expect(b.view.member("c")?.departure).toBeUndefined();
  });
  await expect(standing(hub)).rejects.toThrow(/is not leaving and has not left/);
});

it("lets nobody join under the name meanwhile, and uses no token up", async () => {
  const { hub, a } = await trio();
  a.client.close();
  await hub.admin.leaveCluster({ cluster: "c" });
  await expect(joinNew(hub, "c")).rejects.toThrow(/cluster "c" is leaving.*the token is not used up/);
  const { tokens } = await hub.admin.listTokens({});
  expect(tokens.find(({ cluster, usedUnixUs }) => cluster === "c" && usedUnixUs === 0n)).toBeDefined();
});

it("refuses a cluster that nobody knows", async () => {
  const { hub } = await trio();
  await expect(hub.admin.leaveCluster({ cluster: "x" })).rejects.toThrow(/No cluster "x" is a member/);
});
