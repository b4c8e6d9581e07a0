// The hub is away for a minute while every agent is killed: nothing fails, no route and no object goes. A change made
// meanwhile arrives when the hub is back.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { daemonPid, restartDaemon, stopDaemon, waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import { waitUntilSettled } from "../lab/sealane.ts";
import { agent, componentPods, killComponent, leaderOf } from "./components.ts";
import type { Load } from "./load.ts";
import { countFailures, printTallies, startLoad, target } from "./load.ts";
import type { Pulse } from "./pulse.ts";
import { startPulse } from "./pulse.ts";
import type { RouteMonitor } from "./route-monitor.ts";
import { monitorRoutes, proveMonitors, unwantedRemovals } from "./route-monitor.ts";
import {
  clusterOf,
  families,
  fetchFromPod,
  kubectlJson,
  nextHops,
  openStory,
  rollOut,
  serviceAddresses,
} from "./story.ts";
import { webManifest } from "./workloads.ts";

const hubDaemon = "sealane-hub";
const awayMs = 60_000;
const rate = 10;
const targets = ["web.shop.svc.a.mesh.example", "web.shop.svc.clusterset.local"].flatMap((name) => [
  target("v4", `http://${name}./`),
  target("v6", `http://${name}./`),
]);
/** Kinds of which the agent owns objects. */
const ownedKinds = "services,endpointslices,serviceimports,configmaps";

let lab: Lab;
let a: LabCluster;
let b: LabCluster;
let pulse: Pulse;
let load: Load | undefined;
const monitors: RouteMonitor[] = [];

beforeAll(async () => {
  lab = await openStory();
  a = clusterOf(lab, "a");
  b = clusterOf(lab, "b");
  await rollOut(a, "web", webManifest("web", ["a1", "a2"]));
  pulse = await startPulse(lab, a, ["a1", "a2"]);
  for (const name of ["web.shop.svc.a.mesh.example", "web.shop.svc.clusterset.local"]) {
    for (const { network } of families) {
      await waitUntil({ what: `an answer through ${name}`, timeoutMs: 90_000 }, async () => {
        const [answer] = await fetchFromPod(b, network, `http://${name}./`);
        return answer?.pod.startsWith("web-") ?? false;
      });
    }
  }
  for (const cluster of lab.clusters)
    for (const node of cluster.nodes) monitors.push(await monitorRoutes(node));
});

afterAll(async () => {
  await load?.close().catch(() => undefined);
  for (const monitor of monitors) monitor.close();
  if (lab === undefined) return;
  if ((await daemonPid(lab.hub, hubDaemon)) === undefined) await restartDaemon(lab.hub, hubDaemon);
  await waitUntilSettled(lab);
});

describe("a minute without the hub, in which every agent is killed", () => {
  it("costs no connection, no route and no object", { timeout: 300_000 }, async () => {
    await proveMonitors(monitors);
    const routes = await everyNextHop();
    const objects = await everyObject();
    const terms = await Promise.all(lab.clusters.map(leaderOf));
    load = await startLoad(b, { rate, targets });
    await load.more(30);
    await stopDaemon(lab.hub, hubDaemon, "SIGKILL");
    const awayAt = performance.now();
    const restarts = await Promise.all(lab.clusters.map(killAgents));
    await Promise.all(restarts.flat().map((isBack) => isBack()));
    for (const [at, cluster] of lab.clusters.entries()) {
      await waitUntil({ what: `a new leader in ${cluster.name}`, timeoutMs: 60_000 }, async () => {
        return (await leaderOf(cluster)).epoch > (terms[at]?.epoch ?? 0n);
      });
    }
    console.log(
      `every agent runs and leads again ${(performance.now() - awayAt).toFixed(0)} ms after the hub went`,
    );
    await pulse.beat();
    const end = awayAt + awayMs;
    await waitUntil({ what: "the minute to pass", timeoutMs: awayMs * 2 }, () => {
      return performance.now() >= end || unwantedRemovals(monitors).length > 0;
    });
    expect(await daemonPid(lab.hub, hubDaemon)).toBeUndefined();
    expect(unwantedRemovals(monitors)).toEqual([]);
    expect(await everyNextHop()).toEqual(routes);
    const left = await everyObject();
    expect(objects.filter((object) => !left.includes(object))).toEqual([]);
    expect(countFailures(load.failures)).toEqual([]);
  });

  it(
    "ends with the hub back, everything converged, and the change that was made meanwhile",
    { timeout: 300_000 },
    async () => {
      if (load === undefined) throw new Error("the load did not start");
      const backAt = performance.now();
      await restartDaemon(lab.hub, hubDaemon);
      await pulse.arrived(60_000);
      const arrivedMs = performance.now() - backAt;
      await waitUntilSettled(lab);
      const settledMs = performance.now() - backAt;
      await load.more(50);
      printTallies(
        `the hub back: the change arrived everywhere after ${arrivedMs.toFixed(0)} ms, all converged after ${settledMs.toFixed(0)} ms`,
        await load.close(),
      );
      expect(countFailures(load.failures)).toEqual([]);
      expect(unwantedRemovals(monitors)).toEqual([]);
    },
  );
});

/** Kills all agents of a cluster; gives what waits until each runs again. */
async function killAgents(cluster: LabCluster): Promise<(() => Promise<void>)[]> {
  const pods = await componentPods(cluster, agent);
  return Promise.all(pods.map((pod) => killComponent(agent, pod)));
}

/** The next hops of a's Service in every kernel of the others. */
async function everyNextHop(): Promise<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {};
  for (const address of await serviceAddresses(a, "web"))
    for (const node of b.nodes) found[`${node.name} ${address}`] = await nextHops(node, address);
  return found;
}

/** Every object of the agents', with its identity: one that was made anew is another. */
async function everyObject(): Promise<string[]> {
  interface Owned {
    readonly kind: string;
    readonly metadata: { readonly namespace?: string; readonly name: string; readonly uid: string };
  }
  const found: string[] = [];
  for (const cluster of lab.clusters) {
    const argv = ["get", ownedKinds, "-A", "-l", "app.kubernetes.io/managed-by=sealane"];
    const { items } = await kubectlJson<{ items: readonly Owned[] }>(cluster, argv);
    for (const { kind, metadata } of items)
      found.push(`${cluster.name} ${kind} ${metadata.namespace}/${metadata.name} ${metadata.uid}`);
  }
  return found;
}
