// The hub restarted while one cluster is silent: nothing is removed anywhere. The watcher first proves that it would hear.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { restartDaemon, waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import { invokeSealane, sealane } from "../lab/sealane/cli.ts";
import { waitUntilSettled } from "../lab/sealane.ts";
import type { RouteMonitor } from "./route-monitor.ts";
import { monitorRoutes, proveMonitors, unwantedRemovals } from "./route-monitor.ts";
import type { SliceWatch } from "./slice-watch.ts";
import { watchSlices } from "./slice-watch.ts";
import {
  applyText,
  clusterOf,
  kubectl,
  nextHops,
  openStory,
  rollOut,
  serviceAddresses,
  shop,
} from "./story.ts";
import { webManifest } from "./workloads.ts";

const name = "silent";
const quietMs = 25_000;

let lab: Lab;
let a: LabCluster;
let c: LabCluster;
const monitors: RouteMonitor[] = [];
let slices: SliceWatch;

beforeAll(async () => {
  lab = await openStory();
  a = clusterOf(lab, "a");
  c = clusterOf(lab, "c");
  await rollOut(c, name, webManifest(name, ["c1"]));
  const addresses = await serviceAddresses(c, name);
  for (const node of a.nodes) {
    for (const address of addresses) {
      await waitUntil(
        { what: `route to ${address} on ${node.name}`, timeoutMs: 60_000 },
        async () => (await nextHops(node, address)).length > 0,
      );
    }
  }
  for (const { nodes } of [a, clusterOf(lab, "b")])
    for (const node of nodes) monitors.push(await monitorRoutes(node));
  slices = await watchSlices(a, shop);
});

afterAll(async () => {
  for (const monitor of monitors) monitor.close();
  if (c !== undefined)
    await kubectl(c, ["-n", "sealane-system", "scale", "deployment/sealane-agent", "--replicas=2"]);
  if (lab !== undefined) await waitUntilSettled(lab);
  await slices?.close();
});

describe("a hub that restarts while cluster c is silent", () => {
  it("the watchers hear a removal made on purpose", async () => {
    await proveMonitors(monitors);
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "proof", namespace: shop },
      addressType: "IPv4",
      endpoints: [],
      ports: [],
    };
    await applyText(a, JSON.stringify(slice));
    await kubectl(a, ["-n", shop, "delete", "endpointslice", "proof"]);
    await waitUntil(
      { what: "the slice watch to hear the removal", timeoutMs: 5_000 },
      () => slices.writes.filter(({ deleted }) => deleted).length === 1,
    );
  });

  it("and then hear none", async () => {
    const before = await everyNextHop();
    await kubectl(c, ["-n", "sealane-system", "scale", "deployment/sealane-agent", "--replicas=0"]);
    await waitUntil(
      { what: "cluster c to be silent at the hub", timeoutMs: 60_000 },
      async () => (await agentOf("c")) !== "ready",
    );
    await restartDaemon(lab.hub, "sealane-hub");
    await waitUntil(
      { what: "clusters a and b to be back at the hub", timeoutMs: 60_000, intervalMs: 250 },
      async () => (await agentOf("a")) === "ready" && (await agentOf("b")) === "ready",
    );
    expect(await agentOf("c")).not.toBe("ready");
    // Long enough for every reconnect, audit and lease in between; whatever is going to be removed is removed by then.
    const end = performance.now() + quietMs;
    await waitUntil(
      { what: "the quiet time to pass", timeoutMs: quietMs * 2 },
      () => performance.now() >= end || unwantedRemovals(monitors).length > 0,
    );
    expect(unwantedRemovals(monitors)).toEqual([]);
    expect(slices.writes.filter(({ deleted }) => deleted)).toHaveLength(1);
    expect(await everyNextHop()).toEqual(before);
  });
});

/** The next hops of c's Service in every kernel of a, by node and address. */
async function everyNextHop(): Promise<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {};
  for (const address of await serviceAddresses(c, name)) {
    for (const node of a.nodes) found[`${node.name} ${address}`] = await nextHops(node, address);
  }
  return found;
}

async function agentOf(cluster: string): Promise<string> {
  const { exitCode, stdout } = await invokeSealane(["get", "clusters", "-o", "json"]);
  if (exitCode > 1 && stdout === "") return "unknown";
  const { items } = JSON.parse(stdout === "" ? await sealane("get", "clusters", "-o", "json") : stdout) as {
    items: { name: string; agent: string }[];
  };
  return items.find((item) => item.name === cluster)?.agent ?? "unknown";
}
