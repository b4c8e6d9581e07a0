// A leader as a whole, between a real hub and the fake API server: what it does without the hub, and without the hub's
// consent.

import type { ShardId } from "@sealane/core";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { TestAgent, joinNew } from "../../../services/hub/src/testing/agent.ts";
import { sayCluster } from "../../../services/hub/src/testing/facts.ts";
import { resources } from "./kube/resource.ts";
import { fixtures } from "./kube/testing/fixtures.ts";
import { eventually } from "./kube/testing/wait.ts";
import type { Agent } from "./leader.ts";
import { lead } from "./leader.ts";
import { lastGoodSecretName, readLastGood } from "./link/last-good-read.ts";
import { readStoredSecret } from "./link/secrets.ts";
import type { Mesh } from "./link/testing/member-hub.ts";
import { freePort, namespace, startMesh } from "./link/testing/member-hub.ts";
import { makeMetrics } from "./metrics.ts";
import { parseOptions } from "./options.ts";

interface Leading {
  readonly problem: () => string | undefined;
  readonly connected: () => Promise<boolean>;
  /** Ends the term, and waits until everything is silent. */
  readonly end: () => Promise<void>;
}

async function startLeader({ client }: Mesh, epoch: bigint): Promise<Leading> {
  const stop = new AbortController();
  let problem: string | undefined;
  const metrics = makeMetrics();
  const argv = ["node", "agent", "--listen", `127.0.0.1:${await freePort()}`, "--namespace", namespace];
  const agent: Agent = {
    options: parseOptions(argv, {}),
    client,
    metrics,
    log: pino({ level: "silent" }),
    showProblem: (text) => {
      problem = text;
    },
  };
  const term = { epoch, signal: stop.signal, isCurrent: () => !stop.signal.aborted };
  const leading = lead(agent, term);
  const end = async (): Promise<void> => {
    stop.abort();
    await leading;
  };
  onTestFinished(end);
  return {
    problem: () => problem,
    connected: async () => (await metrics.sessionUp.get()).values[0]?.value === 1,
    end,
  };
}

/** Cluster `a` with namespace shop behind the API server, cluster `b` that exports shop/web at the hub. */
async function startClusters(mesh: Mesh): Promise<ReturnType<typeof fixtures>> {
  const kube = fixtures(mesh.client);
  for (const name of [namespace, "shop"]) await kube.create(resources.namespaces, "", name);
  const certificate = await joinNew(mesh.hub, "b");
  sayCluster(new TestAgent({ address: mesh.hub.sessionAddress, cluster: "b", certificate }), 2);
  await mesh.offer("a");
  return kube;
}

/** Everything that the hub has to say is kept: nothing follows that would leave the state behind. */
async function isKept({ client }: Mesh): Promise<boolean> {
  const head = await readStoredSecret(client, namespace, lastGoodSecretName);
  if (head?.values.get("standing")?.toString() !== "current") return false;
  const owner = { cluster: "a", authority: String(head.values.get("authority")) };
  const { view } = await readLastGood(client, namespace, owner, () => undefined);
  return whole.every((id) => view.complete(id));
}

const merged = (["member", "stub"] as const).map((kind): ShardId => ({ kind, origin: "", namespace: "" }));
const ofShop = [
  { kind: "import", origin: "", namespace: "shop" },
  { kind: "reach", origin: "b", namespace: "shop" },
] as const;
const ofNodes = ["a", "b"].map((origin): ShardId => ({ kind: "node", origin, namespace: "" }));
const whole: readonly ShardId[] = [...merged, ...ofShop, ...ofNodes];

test(
  "a leader without its hub repairs what the leader before it had received",
  { timeout: 40_000 },
  async () => {
    const mesh = await startMesh();
    const kube = await startClusters(mesh);
    const slices = async () =>
      (await kube.list(resources.endpointSlices, "shop")).map((slice) => slice["endpoints"]);
    const first = await startLeader(mesh, 1n);
    await eventually("the import", async () => (await slices()).length > 0);
    await eventually("the state to be kept", async () => isKept(mesh), 20_000);
    const before = await slices();
    await first.end();
    await mesh.hub.close();
    for (const { metadata } of await kube.list(resources.endpointSlices, "shop"))
      await kube.remove(resources.endpointSlices, "shop", metadata.name);
    const second = await startLeader(mesh, 2n);
    await eventually("the slices to be back", async () => (await slices()).length > 0, 20_000);
    expect(await slices()).toEqual(before);
    expect(await second.connected()).toBe(false);
    expect(await kube.get(resources.serviceImports, "shop", "web")).toBeDefined();
  },
);

test("a new leader is sent nothing that it has read back", { timeout: 40_000 }, async () => {
  const mesh = await startMesh();
  const kube = await startClusters(mesh);
  const sent = async (): Promise<bigint | undefined> =>
    (await mesh.hub.admin.listClusters({})).clusters.find(({ name }) => name === "a")?.framesSent;
  const first = await startLeader(mesh, 1n);
  await eventually("the import", async () => (await kube.list(resources.endpointSlices, "shop")).length > 0);
  await eventually("the state to be kept", async () => isKept(mesh), 20_000);
  expect(await sent()).toBeGreaterThan(0n);
  await first.end();
  const second = await startLeader(mesh, 2n);
  await eventually("the session", () => second.connected());
  await kube.remove(resources.serviceImports, "shop", "web");
  await eventually(
    "the import to be repaired",
    async () => (await kube.get(resources.serviceImports, "shop", "web")) !== undefined,
  );
  expect(await sent()).toBe(0n);
});

test("a revoked cluster says what to do, holds what it has, and is back with a new token", async () => {
  const mesh = await startMesh();
  const kube = await startClusters(mesh);
  const leader = await startLeader(mesh, 1n);
  await eventually("the import", async () => (await kube.list(resources.endpointSlices, "shop")).length > 0);
  expect([leader.problem(), await leader.connected()]).toEqual([undefined, true]);
  await mesh.revoke("a");
  await eventually("readiness to say it", () => leader.problem() !== undefined);
  expect(leader.problem()).toMatch(/revoked.*sealane token create a, then: kubectl/);
  await eventually("the Event", async () =>
    (await kube.list(resources.events, "default")).some(
      (event) =>
        event["reason"] === "CertificateNotAccepted" && event["note"].includes("sealane token create a"),
    ),
  );
  expect(await kube.list(resources.endpointSlices, "shop")).toHaveLength(1);
  await mesh.offer("a");
  await eventually(
    "the session",
    async () => leader.problem() === undefined && (await leader.connected()),
    20_000,
  );
  expect(await kube.list(resources.endpointSlices, "shop")).toHaveLength(1);
});

test("a token for another name begins anew inside the term, and holds what is there", async () => {
  const mesh = await startMesh();
  const kube = await startClusters(mesh);
  const leader = await startLeader(mesh, 1n);
  await eventually("the import", async () => (await kube.list(resources.endpointSlices, "shop")).length > 0);
  await mesh.revoke("a");
  await eventually("readiness to say it", () => leader.problem() !== undefined);
  await mesh.offer("c");
  await eventually(
    "the session of the other name",
    async () =>
      (await leader.connected()) &&
      (await mesh.hub.admin.listClusters({})).clusters.some(
        ({ name, framesSent }) => name === "c" && framesSent > 0n,
      ),
    15_000,
  );
  expect(leader.problem()).toBeUndefined();
  expect(await kube.list(resources.endpointSlices, "shop")).toHaveLength(1);
  expect((await mesh.kept())["hub"]).toBe(mesh.hub.sessionAddress);
});
