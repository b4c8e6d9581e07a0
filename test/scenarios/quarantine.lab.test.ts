// A fourth cluster joins with a pod range inside another's: that range is quarantined, alone, with what to do about it;
// its correction admits it, and nobody else is disturbed meanwhile.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { downClusters, openLab, parseUpOptions, up, waitFor, waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import { deploySealane } from "../lab/sealane.ts";
import { invokeSealane } from "../lab/sealane/cli.ts";
import type { RouteMonitor } from "./route-monitor.ts";
import { monitorRoutes, removedRoutes } from "./route-monitor.ts";
import { clusterOf, kubectl, kubectlJson, nextHops, openStory } from "./story.ts";

interface RangeItem {
  readonly cluster: string;
  readonly prefix: string;
  readonly kind: string;
  readonly state: string;
  readonly reason: string;
  readonly owner: string;
  readonly ownerPrefix: string;
  readonly overlap: string;
  readonly free: string;
}

/** A cluster is built, joined and rolled out within it. */
const joinTimeoutMs = 400_000;
/** Of its two nodes' pods, one half lies where the pods of one of a's nodes are. */
const overlapping = { v4: "10.64.2.0/23", v6: "fd00:10:64:2::/63" };
const held = ["10.64.2.0/24", "fd00:10:64:2::/64"];

let lab: Lab;
const monitors: RouteMonitor[] = [];

beforeAll(async () => {
  lab = await openStory();
  for (const cluster of lab.clusters)
    for (const node of cluster.nodes) monitors.push(await monitorRoutes(node));
});

afterAll(async () => {
  for (const monitor of monitors) monitor.close();
  if ((await openLab()).clusters.some(({ name }) => name === "d")) await downClusters(["d"]);
  // A cluster that is silent is a member still.
  const { exitCode, stderr } = await invokeSealane(["leave", "d", "--force"]);
  if (exitCode !== 0) throw new Error(`d did not leave: ${stderr}`);
});

describe("cluster d with a pod range inside a's", () => {
  it(
    "has that range quarantined, with owner, overlap and a free range of the same size",
    async () => {
      const d = await startD({ v4: overlapping.v4, v6: overlapping.v6 });
      const pods = await waitFor({ what: "d's pod ranges at the hub", timeoutMs: 60_000 }, async () => {
        const found = (await ranges("d")).filter(({ kind }) => kind === "pod");
        return found.some(({ prefix }) => prefix.includes(":")) &&
          found.some(({ prefix }) => prefix.includes("."))
          ? found
          : undefined;
      });
      for (const range of pods) {
        expect(range).toMatchObject({ state: "quarantined", reason: "RangeOverlap", owner: "a" });
        expect(held).toContain(range.overlap);
        expect(range.free).toMatch(new RegExp(`/${range.prefix.split("/")[1]}$`));
      }
      for (const range of (await ranges("d")).filter(({ kind }) => kind !== "pod"))
        expect(range.state).toBe("admitted");
      for (const range of await ranges("a")) expect(range.state).toBe("admitted");
      await saidInCluster(d, pods[0]?.prefix ?? "");
    },
    joinTimeoutMs,
  );

  it("disturbs nobody else", () => {
    const others = lab.clusters.filter(({ name }) => name !== "d").flatMap(({ plan }) => plan.nodes);
    const theirs = new Set(others.flatMap(({ address }) => [address.v4, address.v6]));
    const removed = monitors
      .flatMap(removedRoutes)
      .filter(({ nextHops }) => nextHops.some((hop) => theirs.has(hop)));
    expect(removed).toEqual([]);
  });

  it(
    "is admitted once its range is corrected, and then has routes",
    async () => {
      await downClusters(["d"]);
      const d = await startD(undefined);
      await waitUntil(
        { what: "all of d's ranges to be admitted", timeoutMs: 90_000, intervalMs: 500 },
        async () => {
          const found = await ranges("d");
          return found.some(({ kind }) => kind === "pod") && found.every(({ state }) => state === "admitted");
        },
      );
      const { spec } = await kubectlJson<{ spec: { podCIDRs: string[] } }>(d, ["get", "node", "d1"]);
      for (const prefix of spec.podCIDRs) {
        for (const node of clusterOf(lab, "b").nodes) {
          await waitUntil(
            { what: `a route to d's ${prefix} on ${node.name}`, timeoutMs: 60_000 },
            async () => (await nextHops(node, prefix)).length === 1,
          );
        }
      }
    },
    joinTimeoutMs,
  );
});

async function startD(range: { v4: string; v6: string } | undefined): Promise<LabCluster> {
  const podRange = range === undefined ? [] : [`d=${range.v4},${range.v6}`];
  await up(parseUpOptions({ clusters: "a,b,c,d", nodes: ["2", "a=3"], podRange, serviceRange: [] }));
  const now = await openLab();
  await deploySealane(now);
  return clusterOf(now, "d");
}

async function ranges(cluster: string): Promise<RangeItem[]> {
  const { stdout } = await invokeSealane(["get", "ranges", "--cluster", cluster, "-o", "json"]);
  return (JSON.parse(stdout) as { items: RangeItem[] }).items;
}

/** The agent's log and an Event in the cluster say the same as the command line. */
async function saidInCluster(cluster: LabCluster, prefix: string): Promise<void> {
  const system = ["-n", "sealane-system"];
  await waitUntil(
    { what: `the agent's log to name ${prefix}`, timeoutMs: 30_000, intervalMs: 500 },
    async () => {
      const text = await kubectl(cluster, [
        ...system,
        "logs",
        "-l",
        "app.kubernetes.io/name=sealane-agent",
        "--tail=-1",
        "--prefix",
      ]);
      return text.split("\n").some((line) => line.includes(prefix) && line.includes("RangeOverlap"));
    },
  );
  await waitUntil({ what: `an Event that names ${prefix}`, timeoutMs: 30_000, intervalMs: 500 }, async () => {
    const { items } = await kubectlJson<{ items: { reason: string; message?: string; note?: string }[] }>(
      cluster,
      ["get", "events", "-A"],
    );
    return items.some(
      ({ reason, message, note }) =>
        reason === "RangeOverlap" && `${message ?? ""}${note ?? ""}`.includes(prefix),
    );
  });
}
