// Sealane's own processes in a cluster: which pods they are, which one leads, and their death by SIGKILL.

import { killPodProcess, podProcesses, waitFor, waitUntil } from "../lab/index.ts";
import type { LabCluster, Machine } from "../lab/index.ts";
import { kubectlJson } from "./story.ts";

const system = "sealane-system";
const restartTimeoutMs = 90_000;

/** A process of a component: the pods' label, and the argument that it was started with. */
export interface Component {
  readonly name: string;
  readonly argument: string;
}

export const agent: Component = { name: "sealane-agent", argument: "agents/cluster/src/main.ts" };
export const speaker: Component = { name: "sealane-speaker", argument: "agents/speaker/src/main.ts" };
export const front: Component = { name: "mesh-dns", argument: "/run/mesh-dns/front/Corefile" };
export const peers: Component = { name: "mesh-dns", argument: "/run/mesh-dns/peers/Corefile" };

/** A pod of a component. */
export interface ComponentPod {
  readonly name: string;
  readonly uid: string;
  readonly machine: Machine;
  /** IPv4 first. */
  readonly addresses: readonly string[];
}

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly podIPs?: readonly { readonly ip: string }[] };
}

/** The component's pods in a cluster, by name. */
export async function componentPods(cluster: LabCluster, { name }: Component): Promise<ComponentPod[]> {
  const { items } = await kubectlJson<{ items: readonly Pod[] }>(cluster, [
    ...["-n", system, "get", "pods", "-l", `app.kubernetes.io/name=${name}`],
  ]);
  return items.flatMap(({ metadata, spec, status }) => {
    const machine = cluster.nodes.find((node) => node.name === spec.nodeName);
    if (metadata.deletionTimestamp !== undefined || machine === undefined) return [];
    const addresses = (status.podIPs ?? []).map(({ ip }) => ip);
    return [{ name: metadata.name, uid: metadata.uid, machine, addresses }];
  });
}

/** Whether the component's process runs on this node. */
export async function podRuns(cluster: LabCluster, component: Component, node: string): Promise<boolean> {
  const pod = (await componentPods(cluster, component)).find(({ machine }) => machine.name === node);
  if (pod === undefined) return false;
  return (await podProcesses(pod.machine, pod.uid, component.argument)).length === 1;
}

/** Who leads a cluster: its pod and its epoch, by the Lease. */
export async function leaderOf(cluster: LabCluster): Promise<{ pod: string; epoch: bigint }> {
  const { metadata, spec } = await kubectlJson<{
    metadata: { annotations?: Readonly<Record<string, string>> };
    spec: { holderIdentity?: string };
  }>(cluster, ["-n", system, "get", "lease", "sealane-agent"]);
  // The pod's name with something random behind it.
  const pod = (spec.holderIdentity ?? "").replace(/-[0-9a-f]{8}$/, "");
  return { pod, epoch: BigInt(metadata.annotations?.["sealane.dev/epoch"] ?? 0) };
}

/** Kills a component's process in this pod. Gives what waits until the kubelet has started it again. */
export async function killComponent(
  { argument, name }: Component,
  { machine, uid }: ComponentPod,
): Promise<() => Promise<void>> {
  const killed = await killPodProcess(machine, uid, argument);
  return async () => {
    const what = `${name} on ${machine.name} to run again`;
    await waitUntil({ what, timeoutMs: restartTimeoutMs }, async () => {
      const pids = await podProcesses(machine, uid, argument);
      return pids.length === 1 && pids[0] !== killed;
    });
  };
}

/** Kills the leading agent, and waits for nothing but its end. */
export async function killLeader(cluster: LabCluster): Promise<() => Promise<void>> {
  const before = await leaderOf(cluster);
  const pod = (await componentPods(cluster, agent)).find(({ name }) => name === before.pod);
  if (pod === undefined) throw new Error(`No agent of ${cluster.name} is the holder "${before.pod}"`);
  const isBack = await killComponent(agent, pod);
  return async () => {
    await waitFor({ what: `a new leader in ${cluster.name}`, timeoutMs: restartTimeoutMs }, async () =>
      (await leaderOf(cluster)).epoch > before.epoch ? true : undefined,
    );
    await isBack();
  };
}
