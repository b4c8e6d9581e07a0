// A node that loses its power and comes back, and was the worst to lose: the agent that leads and the cluster's only DNS
// ran there. Nobody is sent to it before it can serve. A node whose origins were declared static announces from its disk
// alone.

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  daemonPid,
  findMachine,
  openLab,
  powerOff,
  powerOn,
  restartDaemon,
  stopDaemon,
  waitUntil,
} from "../lab/index.ts";
import type { Lab, LabCluster, Machine } from "../lab/index.ts";
import { outsideSessions } from "../lab/bird.ts";
import { sealaneDirectory } from "../lab/paths.ts";
import { waitUntilSettled } from "../lab/sealane.ts";
import { agent, componentPods, leaderOf, podRuns, speaker } from "./components.ts";
import { findings } from "./hands.ts";
import type { LoadFailure } from "./load.ts";
import { countFailures, printTallies, startLoad, target } from "./load.ts";
import type { RouteChange, RouteMonitor } from "./route-monitor.ts";
import { monitorRoutes } from "./route-monitor.ts";
import {
  clusterOf,
  kubectl,
  kubectlJson,
  nextHops,
  nodeAddresses,
  openStory,
  rollOut,
  serviceAddresses,
  shop,
} from "./story.ts";
import { webManifest } from "./workloads.ts";

const name = "reborn";
const system = "sealane-system";
const hubDaemon = "sealane-hub";
/** The BGP session's hold time and graceful restart, then what Kubernetes takes to miss a node. */
const missedTimeoutMs = 180_000;
const servesTimeoutMs = 120_000;
/** Longer than a node is held whose speaker says nothing: this one's says that it does not serve. */
const quietMs = 75_000;
const toldTimeoutMs = 30_000;

let lab: Lab;
let a: LabCluster;
let b: LabCluster;
/** The node that loses its power, and one that keeps it. */
let lost: string;
let kept: string;

beforeAll(async () => {
  lab = await openStory();
  a = clusterOf(lab, "a");
  b = clusterOf(lab, "b");
  // Another agent has to know the same, and speakers have to find it without names.
  lost = await leadersNode(a);
  await runDnsOn(lost);
  kept = a.nodes.find((node) => node.name !== lost)?.name ?? "";
  await rollOut(a, name, webManifest(name, [lost, kept]));
});

afterAll(async () => {
  if (lost === undefined) return;
  await makeWhole(a, lost);
  await runDnsOn(null);
  // Another run has it on other nodes.
  await kubectl(a, ["-n", shop, "delete", "deployment", name, "--ignore-not-found"]);
  for (const cluster of lab.clusters)
    await kubectl(cluster, ["-n", system, "scale", "deployment/sealane-agent", "--replicas=2"]);
  if ((await daemonPid(lab.hub, hubDaemon)) === undefined) await restartDaemon(lab.hub, hubDaemon);
  await waitUntilSettled(await openLab());
});

describe("a node that is rebooted", () => {
  it("gets nothing before its kube-proxy has synced", { timeout: 600_000 }, async () => {
    const services = await serviceAddresses(a, name);
    const lookers = [lab.outside, ...b.nodes];
    await everyHop(lookers, services, both(), servesTimeoutMs);
    const offAt = performance.now();
    await powerOff(nodeOf(a, lost));
    await everyHop(lookers, services, [kept], missedTimeoutMs);
    console.log(`${lost}, where the leader ran, without power: out of every set after ${seconds(offAt)} s`);
    const load = await startLoad(b, {
      rate: 10,
      targets: services.map((each) =>
        each.includes(":") ? target("v6", `http://[${each}]/`) : target("v4", `http://${each}/`),
      ),
    });
    // a's own kube-proxies learn of a dead node's pods a second after its routes went.
    await waitUntil({ what: "a calm time", timeoutMs: 60_000 }, async () => {
      const before = load.failures.length;
      await load.more(30);
      return load.failures.length === before;
    });
    const failedByLoss = load.failures.length;
    const monitors: RouteMonitor[] = [];
    for (const looker of lookers) monitors.push(await monitorRoutes(looker));
    const onUnixMs = Date.now();
    try {
      const back = await returnWithoutKubeProxy();
      const end = performance.now() + quietMs;
      await waitUntil({ what: "a quiet time", timeoutMs: quietMs * 2 }, () => performance.now() >= end);
      expect(towards(monitors, [lost]).filter(({ machine }) => machine === "outside")).toEqual([]);
      expect(towards(monitors, [lost]).filter(({ destination }) => services.includes(destination))).toEqual(
        [],
      );
      const syncAt = performance.now();
      await restartDaemon(back, "kube-proxy");
      await everyHop(lookers, services, both(), servesTimeoutMs);
      console.log(`${lost} in every set again ${seconds(syncAt)} s after kube-proxy was started`);
      await load.more(50);
    } finally {
      for (const monitor of monitors) monitor.close();
      await makeWhole(a, lost);
      printTallies(
        `through the Service's addresses, from ${lost}'s absence to its return; ${failedByLoss} failed before it had power`,
        await load.close(),
      );
    }
    console.log(timeline(load.failures.slice(failedByLoss), monitors, onUnixMs));
    expect(countFailures(load.failures.slice(failedByLoss))).toEqual([]);
    lab = await openLab();
    await waitUntilSettled(lab);
  });
});

describe("a router whose origins are declared static", () => {
  it("announces from its disk, with hub and agents away", { timeout: 600_000 }, async () => {
    const c = clusterOf(lab, "c");
    await declareStatic(c);
    try {
      await waitUntilSettled(lab);
      const prefixes = await podPrefixes(c, "c2");
      for (const prefix of prefixes) await hopIs(lab.outside, prefix, c, "c2", servesTimeoutMs);
      await stopDaemon(lab.hub, hubDaemon, "SIGKILL");
      await kubectl(c, ["-n", system, "scale", "deployment/sealane-agent", "--replicas=0"]);
      await waitUntil({ what: "c's agents to be gone", timeoutMs: 60_000 }, async () => {
        return (await componentPods(c, agent)).length === 0;
      });
      await powerOff(nodeOf(c, "c2"));
      for (const prefix of prefixes)
        await waitUntil({ what: `outside to lose ${prefix}`, timeoutMs: missedTimeoutMs }, async () => {
          return (await nextHops(lab.outside, prefix)).length === 0;
        });
      const onAt = performance.now();
      await powerOn(c, "c2", ["kube-proxy"]);
      for (const prefix of prefixes) await hopIs(lab.outside, prefix, c, "c2", servesTimeoutMs);
      console.log(`c2 announces again ${seconds(onAt)} s after its power came, by its disk alone`);
      expect(await daemonPid(lab.hub, hubDaemon)).toBeUndefined();
      expect(await componentPods(c, agent)).toEqual([]);
    } finally {
      await makeWhole(c, "c2");
      lab = await openLab();
      await restartDaemon(lab.hub, hubDaemon);
      await kubectl(c, ["-n", system, "scale", "deployment/sealane-agent", "--replicas=2"]);
      await applyAsShipped(c);
    }
    await waitUntilSettled(lab);
  });
});

function both(): readonly string[] {
  return [lost, kept].toSorted();
}

async function leadersNode(cluster: LabCluster): Promise<string> {
  const { pod } = await leaderOf(cluster);
  const leads = (await componentPods(cluster, agent)).find((each) => each.name === pod);
  if (leads === undefined) throw new Error(`No pod of cluster ${cluster.name} is its leader ${pod}`);
  return leads.machine.name;
}

/** Has a's cluster DNS run on this node alone, as it may happen to; null: wherever there is room. */
async function runDnsOn(node: string | null): Promise<void> {
  const nodeSelector = node === null ? null : { "kubernetes.io/hostname": node };
  const deployment = ["-n", "kube-system", "deployment/coredns"];
  const patch = JSON.stringify({ spec: { template: { spec: { nodeSelector } } } });
  await kubectl(a, ["patch", ...deployment, "--type=merge", `--patch=${patch}`]);
  await kubectl(a, ["rollout", "status", ...deployment, "--timeout=110s"]);
}

/** Gives the lost node its power and all but kube-proxy, until Kubernetes and BGP take it for whole, and it says it is not. */
async function returnWithoutKubeProxy(): Promise<Machine> {
  const onAt = performance.now();
  const back = await powerOn(a, lost, ["kube-proxy"]);
  await waitUntil(
    { what: `${lost} to be Ready with its pod`, timeoutMs: servesTimeoutMs, intervalMs: 500 },
    () => isServingToKubernetes(lost),
  );
  await waitUntil({ what: "the outside host's sessions", timeoutMs: servesTimeoutMs }, async () => {
    const { up, all } = await outsideSessions(lab.outside);
    return up === all;
  });
  console.log(
    `${lost} back: Ready with its pod and its BGP sessions after ${seconds(onAt)} s, without kube-proxy`,
  );
  // Neither names nor Services work on it.
  await waitUntil(
    { what: `the hub to be told by ${lost} that it has no kube-proxy`, timeoutMs: toldTimeoutMs },
    async () =>
      (await findings(a.name)).some(
        ({ subject, reason }) => subject === lost && reason === "KubeProxyNotSynced",
      ),
  );
  console.log(`${lost} has said that it has no kube-proxy ${seconds(onAt)} s after its power came`);
  return back;
}

/** The node has power and kube-proxy, also where a test that failed left it without. */
async function makeWhole(cluster: LabCluster, node: string): Promise<void> {
  const machine = (await findMachine(node)) ?? (await powerOn(cluster, node));
  if ((await daemonPid(machine, "kube-proxy")) === undefined) await restartDaemon(machine, "kube-proxy");
}

const speakers = ["-n", system, "daemonset/sealane-speaker"];

/** As the comment in the manifest says. */
async function declareStatic(cluster: LabCluster): Promise<void> {
  const args = { op: "add", path: "/spec/template/spec/containers/0/args/-", value: "--origins=static" };
  await kubectl(cluster, ["patch", ...speakers, "--type=json", `--patch=${JSON.stringify([args])}`]);
  await kubectl(cluster, ["rollout", "status", ...speakers, "--timeout=110s"]);
}

/** What the lab applied, with every field the lab's again. */
async function applyAsShipped(cluster: LabCluster): Promise<void> {
  const overlay = join(sealaneDirectory, "manifests");
  const argv = ["apply", "--server-side", "--field-manager=lab", "--force-conflicts", "--kustomize", overlay];
  await kubectl(cluster, argv);
  await kubectl(cluster, ["rollout", "status", ...speakers, "--timeout=110s"]);
}

function nodeOf(cluster: LabCluster, node: string): Machine {
  const machine = cluster.nodes.find((each) => each.name === node);
  if (machine === undefined) throw new Error(`Cluster ${cluster.name} has no node ${node}`);
  return machine;
}

/** Waits until all of these have exactly the nodes of a as next hops of all of a's addresses. */
async function everyHop(
  lookers: readonly Machine[],
  addresses: readonly string[],
  nodes: readonly string[],
  timeoutMs: number,
): Promise<void> {
  for (const looker of lookers) {
    for (const address of addresses) {
      const want = nodeAddresses(a, nodes, address.includes(":") ? "v6" : "v4").join();
      await waitUntil({ what: `next hops ${want} of ${address} on ${looker.name}`, timeoutMs }, async () => {
        return (await nextHops(looker, address)).join() === want;
      });
    }
  }
}

async function hopIs(
  looker: Machine,
  prefix: string,
  cluster: LabCluster,
  node: string,
  timeoutMs: number,
): Promise<void> {
  const [want = ""] = nodeAddresses(cluster, [node], prefix.includes(":") ? "v6" : "v4");
  await waitUntil({ what: `next hop ${want} of ${prefix} on ${looker.name}`, timeoutMs }, async () => {
    return (await nextHops(looker, prefix)).includes(want);
  });
}

async function podPrefixes(cluster: LabCluster, node: string): Promise<readonly string[]> {
  const { spec } = await kubectlJson<{ spec: { podCIDRs: string[] } }>(cluster, ["get", "node", node]);
  return spec.podCIDRs;
}

/** What was heard that sends packets to these nodes of a. */
function towards(monitors: readonly RouteMonitor[], nodes: readonly string[]): readonly RouteChange[] {
  const hops = [...nodeAddresses(a, nodes, "v4"), ...nodeAddresses(a, nodes, "v6")];
  return monitors.flatMap(({ changes }) =>
    changes.filter((each) => each.change === "set" && each.nextHops.some((hop) => hops.includes(hop))),
  );
}

/** The node is Ready, its pod of the Service too, and its speaker runs. */
async function isServingToKubernetes(node: string): Promise<boolean> {
  interface Conditions {
    readonly spec: { readonly nodeName?: string };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }
  const isTrue = ({ status }: Conditions) =>
    status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
  if (!isTrue(await kubectlJson<Conditions>(a, ["get", "node", node]))) return false;
  const { items } = await kubectlJson<{ items: readonly Conditions[] }>(a, [
    ...["-n", shop, "get", "pods", "-l", `app=${name}`],
  ]);
  const pod = items.find(({ spec }) => spec.nodeName === node);
  return pod !== undefined && isTrue(pod) && (await podRuns(a, speaker, node));
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}

/** What failed, among what became of the routes, in milliseconds since `sinceUnixMs`; empty when nothing failed. */
function timeline(
  failures: readonly LoadFailure[],
  monitors: readonly RouteMonitor[],
  sinceUnixMs: number,
): string {
  if (failures.length === 0) return "";
  const failed = failures.map(({ atUnixMs, target: to, error }) => ({ atUnixMs, text: `${to}: ${error}` }));
  const changed = monitors.flatMap(({ changes }) =>
    changes.map(({ atUnixMs, machine, change, destination, nextHops: via }) => ({
      atUnixMs,
      text: `${machine} ${change} ${destination} via ${via.join()}`,
    })),
  );
  return [...failed, ...changed]
    .toSorted((one, other) => one.atUnixMs - other.atUnixMs)
    .map(({ atUnixMs, text }) => `${(atUnixMs - sinceUnixMs).toFixed(0)} ms: ${text}`)
    .join("\n");
}
