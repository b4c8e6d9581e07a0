// Processes killed with SIGKILL, in turn, under a steady load of new connections and look-ups. The deaths of hub, agent
// and speaker cost no connection and no route; those of BIRD and CoreDNS, which carry packets and names themselves,
// cost what is printed. After each everything converges, proven by a change that travels the whole way.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outputOn, restartDaemon, waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster, Machine } from "../lab/index.ts";
import { waitUntilSettled } from "../lab/sealane.ts";
import { componentPods, front, killComponent, killLeader, peers, speaker } from "./components.ts";
import type { Component } from "./components.ts";
import { countFailures, printTallies, startLoad, target } from "./load.ts";
import type { Load } from "./load.ts";
import type { Pulse } from "./pulse.ts";
import { startPulse } from "./pulse.ts";
import type { RouteMonitor } from "./route-monitor.ts";
import { monitorRoutes, proveMonitors, unwantedRemovals } from "./route-monitor.ts";
import { clusterOf, dig, families, fetchFromPod, openStory, rollOut } from "./story.ts";
import { webManifest } from "./workloads.ts";

/** One connection to each target every 100 ms. */
const rate = 10;
const before = 30;
const after = 100;
const convergedMsMax = 60_000;
const names = ["web.shop.svc.a.mesh.example", "web.shop.svc.clusterset.local"];
const targets = names.flatMap((name) => [target("v4", `http://${name}./`), target("v6", `http://${name}./`)]);

let lab: Lab;
let a: LabCluster;
let b: LabCluster;
let pulse: Pulse;
const monitors: RouteMonitor[] = [];

beforeAll(async () => {
  lab = await openStory();
  a = clusterOf(lab, "a");
  b = clusterOf(lab, "b");
  await rollOut(a, "web", webManifest("web", ["a1", "a2"]));
  await namesAnswer();
  pulse = await startPulse(lab, a, ["a1", "a2"]);
  for (const cluster of lab.clusters)
    for (const node of cluster.nodes) monitors.push(await monitorRoutes(node));
});

afterAll(async () => {
  for (const monitor of monitors) monitor.close();
  if (lab !== undefined) await waitUntilSettled(lab);
});

describe("what watches", () => {
  it("the load sees a port that refuses and a name that does not exist", async () => {
    const bad = [
      target("v4", `http://${names[0]}.:81/`),
      target("v6", "http://none.shop.svc.a.mesh.example./"),
    ];
    const load = await startLoad(b, { rate, targets: bad });
    await load.more(10);
    const tallies = await load.close();
    for (const { attempts, failures } of tallies) expect(failures).toBe(attempts);
    const stages = (at: number) =>
      new Set(load.failures.filter((each) => each.target === bad[at]).map((each) => each.stage));
    expect(stages(0)).toEqual(new Set(["connect"]));
    expect(stages(1)).toEqual(new Set(["lookup"]));
  });

  it("every kernel's monitor hears a removal made on purpose", async () => {
    expect(unwantedRemovals(monitors)).toEqual([]);
    await proveMonitors(monitors);
  });
});

interface Death {
  readonly what: string;
  /** Kills; gives what waits until the processes run again. */
  readonly kill: () => Promise<() => Promise<void>>;
}

const harmless: readonly Death[] = [
  { what: "kill -9 of the hub", kill: () => restart([lab.hub], "sealane-hub", "SIGKILL") },
  {
    what: "kill -9 of the leading agents of a and b",
    kill: async () => all(await killEach([a, b], killLeader)),
  },
  {
    what: "kill -9 of every speaker of a and b",
    kill: async () => all([...(await killAll(a, speaker)), ...(await killAll(b, speaker))]),
  },
];

const costly: readonly Death[] = [
  {
    what: "an ordinary restart of BIRD on every node of a and b",
    kill: () => restart([...a.nodes, ...b.nodes], "bird", "SIGTERM"),
  },
  {
    what: "kill -9 of BIRD on every node of a and b",
    kill: () => restart([...a.nodes, ...b.nodes], "bird", "SIGKILL"),
  },
  { what: "kill -9 of the front of one mesh-dns of b", kill: async () => all(await killAll(b, front, 1)) },
  { what: "kill -9 of the peers of one mesh-dns of b", kill: async () => all(await killAll(b, peers, 1)) },
  { what: "kill -9 of the front of one mesh-dns of a", kill: async () => all(await killAll(a, front, 1)) },
];

describe.each(harmless)("$what", (death) => {
  it("costs no connection and no route, and everything converges", { timeout: 300_000 }, async () => {
    const { failures, removals } = await story(death);
    expect(failures).toEqual([]);
    expect(removals).toEqual([]);
  });
});

describe.each(costly)("$what", (death) => {
  it("costs what is printed, and everything converges", { timeout: 300_000 }, async () => {
    const { failures, removals, convergedMs } = await story(death);
    console.log(
      `${death.what}: ${removals.length} routes deleted (${[...new Set(removals)].slice(0, 10).join(", ") || "none"}); failed: ${failures.join("; ") || "none"}`,
    );
    expect(convergedMs).toBeLessThan(convergedMsMax * 2);
  });
});

/** Kills under load, waits until everything converged and a while longer, and gives what the death cost. */
async function story({ what, kill }: Death): Promise<{
  readonly failures: readonly string[];
  readonly removals: readonly string[];
  readonly convergedMs: number;
}> {
  const removedBefore = unwantedRemovals(monitors).length;
  const load = await startLoad(b, { rate, targets });
  let convergedMs = Infinity;
  try {
    await load.more(before);
    expect(countFailures(load.failures)).toEqual([]);
    const killedAt = performance.now();
    const isBack = await kill();
    await pulse.beat();
    await pulse.arrived(convergedMsMax);
    const travelledMs = performance.now() - killedAt;
    await isBack();
    await waitUntilSettled(lab);
    await namesAnswer();
    await outsideConverged();
    convergedMs = performance.now() - killedAt;
    await load.more(after);
    await end(
      load,
      `${what}: a change arrived everywhere after ${travelledMs.toFixed(0)} ms, all converged after ${convergedMs.toFixed(0)} ms`,
    );
  } catch (error) {
    await load.close().catch(() => undefined);
    throw error;
  }
  return {
    failures: countFailures(load.failures),
    removals: unwantedRemovals(monitors).slice(removedBefore),
    convergedMs,
  };
}

async function end(load: Load, title: string): Promise<void> {
  printTallies(title, await load.close());
}

/** Both names in both families at every replica of b's mesh-dns, and from the client pod. */
async function namesAnswer(): Promise<void> {
  const [node] = b.nodes;
  if (node === undefined) throw new Error("cluster b has no node");
  for (const name of names) {
    for (const { addresses } of await componentPods(b, front)) {
      for (const type of ["A", "AAAA"] as const) {
        await waitUntil({ what: `${type} of ${name} at ${addresses[0]}`, timeoutMs: 90_000 }, async () => {
          const { answers } = await dig(node, addresses[0] ?? "", name, type);
          return answers.length > 0;
        });
      }
    }
    for (const { network } of families) {
      await waitUntil({ what: `an answer through ${name}`, timeoutMs: 90_000, intervalMs: 500 }, async () => {
        const [answer] = await fetchFromPod(b, network, `http://${name}./`);
        return answer?.pod.startsWith("web-") ?? false;
      });
    }
  }
}

/** The host outside has its BGP sessions, and both names by them. */
async function outsideConverged(): Promise<void> {
  await waitUntil({ what: "the outside host's BGP sessions", timeoutMs: convergedMsMax }, async () => {
    const lines = (await outputOn(lab.outside, ["birdc", "show", "protocols"])).split("\n");
    return lines.filter((line) => / BGP /.test(line)).every((line) => line.includes("Established"));
  });
}

/** Ends daemons of machines; the lab starts them again at once, as an init would. */
async function restart(
  machines: readonly Machine[],
  name: string,
  signal: NodeJS.Signals,
): Promise<() => Promise<void>> {
  await Promise.all(machines.map((machine) => restartDaemon(machine, name, signal)));
  return () => Promise.resolve();
}

async function killAll(
  cluster: LabCluster,
  component: Component,
  count = Infinity,
): Promise<(() => Promise<void>)[]> {
  const pods = (await componentPods(cluster, component)).slice(0, count);
  return killEach(pods, (pod) => killComponent(component, pod));
}

function killEach<T>(
  victims: readonly T[],
  kill: (victim: T) => Promise<() => Promise<void>>,
): Promise<(() => Promise<void>)[]> {
  return Promise.all(victims.map(kill));
}

function all(waits: readonly (() => Promise<void>)[]): () => Promise<void> {
  return async () => void (await Promise.all(waits.map((wait) => wait())));
}
