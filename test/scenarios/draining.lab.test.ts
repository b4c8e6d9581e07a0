// A pod that drains properly under many short connections: none fails. What long-lived connections feel is told by where
// they go: to a pod's address they survive the death of another pod; through a Service's address some may be rehashed.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor, waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import type { Flows, Load } from "./load.ts";
import { countFailures, printTallies, startFlows, startLoad, target } from "./load.ts";
import {
  clusterOf,
  families,
  fetchFromPod,
  kubectl,
  kubectlJson,
  nextHops,
  nodeAddresses,
  openStory,
  rollOut,
  podAddresses,
  serviceAddresses,
  shop,
} from "./story.ts";
import { drainingManifest } from "./workloads.ts";

const name = "drained";
const meshName = `${name}.${shop}.svc.a.mesh.example`;
const setName = `${name}.${shop}.svc.clusterset.local`;
/** To each of four targets, in connections a second. */
const rate = 30;
const connectionsPerSecondMin = 100;
const flowsPerTarget = 12;

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

let lab: Lab;
let a: LabCluster;
let b: LabCluster;

beforeAll(async () => {
  lab = await openStory();
  a = clusterOf(lab, "a");
  b = clusterOf(lab, "b");
  await rollOut(a, name, drainingManifest(name, ["a1", "a2"], 3));
  await hopsAre(["a1", "a2"]);
  for (const each of [meshName, setName]) {
    for (const { network } of families) {
      await waitUntil({ what: `an answer through ${each}`, timeoutMs: 90_000, intervalMs: 500 }, async () => {
        const [answer] = await fetchFromPod(b, network, `http://${each}./`);
        return answer?.pod.startsWith(name) ?? false;
      });
    }
  }
});

afterAll(async () => {
  if (a !== undefined) await kubectl(a, ["-n", shop, "delete", "deployment", name, "--ignore-not-found"]);
});

describe.each([
  { what: "beside another one of its node", alone: false },
  { what: "that is alone on its node", alone: true },
])("a pod $what drains", ({ alone }) => {
  it(
    "no short connection fails, and long-lived ones to other pods' addresses survive",
    { timeout: 240_000 },
    async () => {
      const { victim, other } = await choose(alone);
      const both = [meshName, setName].flatMap((each) => [
        target("v4", `http://${each}./`),
        target("v6", `http://${each}./`),
      ]);
      const direct = (await podAddresses(a, other.metadata.name)).map((address) =>
        address.includes(":")
          ? target("v6", `http://[${address}]:8080/`)
          : target("v4", `http://${address}:8080/`),
      );
      const flows = await startFlows(b, { flows: flowsPerTarget, targets: [...both, ...direct] });
      const load = await startLoad(b, { rate, targets: both });
      const startedAt = performance.now();
      await load.more(rate);
      await kubectl(a, ["-n", shop, "delete", "pod", victim.metadata.name, "--wait=false"]);
      await waitUntil(
        { what: `${victim.metadata.name} to be gone`, timeoutMs: 60_000, intervalMs: 250 },
        async () => !(await podsNow()).some(({ metadata }) => metadata.name === victim.metadata.name),
      );
      await kubectl(a, ["-n", shop, "rollout", "status", `deployment/${name}`, "--timeout=60s"]);
      // A next hop that comes back is waited for too: the set changes once more.
      await hopsAre([...new Set((await podsNow()).map(({ spec }) => spec.nodeName))]);
      await load.more(rate * 2);
      await judge({ load, flows, victim: victim.metadata.name, startedAt });
    },
  );
});

interface Judged {
  readonly load: Load;
  readonly flows: Flows;
  readonly victim: string;
  readonly startedAt: number;
}

async function judge({ load, flows, victim, startedAt }: Judged): Promise<void> {
  const seconds = (performance.now() - startedAt) / 1000;
  const tallies = await load.close();
  const held = await flows.close();
  const attempts = tallies.reduce((sum, each) => sum + each.attempts, 0);
  printTallies(
    `${(attempts / seconds).toFixed(0)} new connections a second for ${seconds.toFixed(0)} s`,
    tallies,
  );
  const own = flows.broken.filter(({ pod }) => pod === victim).length;
  const broken = flows.broken.filter(({ pod }) => pod !== victim);
  const count = (text: string) => broken.filter(({ target: each }) => each.includes(text)).length;
  const lines = held.map(
    (each) =>
      `  ${each.target}: ${each.open} of ${flowsPerTarget} open at the end, ${each.exchanges} exchanges`,
  );
  console.log(
    [
      `long-lived connections: ${own} ended with the pod; of the others ${count(meshName)} broke through the Service's address, ${broken.length - count(meshName)} through pods' addresses`,
      ...lines,
    ].join("\n"),
  );
  expect(countFailures(load.failures)).toEqual([]);
  expect(attempts / seconds).toBeGreaterThanOrEqual(connectionsPerSecondMin);
  expect(broken.filter(({ target: each }) => !each.includes(meshName))).toEqual([]);
  expect(flows.opened.length).toBe(flowsPerTarget * held.length);
}

/** A pod that is alone on its node or is not, and another one. */
async function choose(alone: boolean): Promise<{ victim: Pod; other: Pod }> {
  return waitFor({ what: "three ready pods on two nodes", timeoutMs: 60_000 }, async () => {
    const pods = (await podsNow()).filter(isReady);
    const victim = pods.find((pod) => (onNodeOf(pod, pods) === 1) === alone);
    const other = pods.find((pod) => pod.spec.nodeName !== victim?.spec.nodeName);
    return pods.length === 3 && victim !== undefined && other !== undefined ? { victim, other } : undefined;
  });
}

function onNodeOf({ spec }: Pod, pods: readonly Pod[]): number {
  return pods.filter((each) => each.spec.nodeName === spec.nodeName).length;
}

function isReady({ metadata, status }: Pod): boolean {
  const ready = status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True");
  return metadata.deletionTimestamp === undefined && ready === true;
}

async function podsNow(): Promise<readonly Pod[]> {
  const { items } = await kubectlJson<{ items: readonly Pod[] }>(a, [
    "-n",
    shop,
    "get",
    "pods",
    "-l",
    `app=${name}`,
  ]);
  return items;
}

/** Waits until b's kernels have exactly these nodes as next hops of the Service. */
async function hopsAre(nodes: readonly string[]): Promise<void> {
  for (const address of await serviceAddresses(a, name)) {
    const want = nodeAddresses(a, nodes, address.includes(":") ? "v6" : "v4").join();
    for (const node of b.nodes) {
      await waitUntil(
        { what: `next hops ${want} of ${address} on ${node.name}`, timeoutMs: 60_000 },
        async () => (await nextHops(node, address)).join() === want,
      );
    }
  }
}
