// Brings one cluster up, from nothing to nodes Ready and cluster DNS answering. The order of the steps
// is here; how each is done is its own file's.

import { startNodeBird } from "../bird.ts";
import { daemonPid } from "../machine/daemon.ts";
import { wireMachine } from "../machine/network.ts";
import { startMachine } from "../machine/machine.ts";
import type { Machine } from "../machine/machine.ts";
import type { Programs } from "../cache/machine-usr.ts";
import { kubeconfigPath } from "../paths.ts";
import { step } from "../progress.ts";
import type { ClusterRecord } from "../record.ts";
import { machinesOf } from "../topology.ts";
import type { ClusterPlan } from "../topology.ts";
import { Hopeless, waitUntil } from "../wait.ts";
import { apiClient } from "./api-client.ts";
import type { ApiClient } from "./api-client.ts";
import { makeClusterAuthority, startApiServer, startControllers } from "./control-plane.ts";
import { applyClusterDns } from "./dns.ts";
import { importImages, startContainerd, startNode } from "./node.ts";
import { wirePods } from "./pod-network.ts";
import { writeKubeconfig } from "./write-kubeconfig.ts";

/** What a cluster is made with. */
export interface Ingredients {
  readonly programs: Programs;
  /** Folder of the lab's image archives. */
  readonly images: string;
  /** The machine that carries the segment. */
  readonly theSwitch: Machine;
}

const apiTimeoutMs = 90_000;
const nodesTimeoutMs = 120_000;
const dnsTimeoutMs = 120_000;

interface Conditions {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Starts a cluster and gives its record when workloads can run and resolve names. */
export function startCluster(plan: ClusterPlan, ingredients: Ingredients): Promise<ClusterRecord> {
  return step(`cluster ${plan.name} (${plan.nodes.length} nodes)`, async () => {
    const cluster = await makeClusterAuthority(plan);
    const machines = await startMachines(plan, ingredients);
    const controlPlane = take(machines, plan.controlPlane.name);
    await startApiServer(controlPlane, cluster);
    await writeKubeconfig(plan.name, [cluster.admin]);
    const prepared = Promise.all(
      plan.nodes.map(async (node) => {
        const machine = take(machines, node.name);
        await startNodeBird(machine, plan, node);
        await startContainerd(machine);
        await importImages(machine, ingredients.images);
      }),
    );
    // Its failure is reported where it is awaited below, even if the API server fails first.
    prepared.catch(() => undefined);
    const api = apiClient(cluster.admin);
    try {
      await waitForApi(plan, api, controlPlane);
      await startControllers(controlPlane, plan);
      const kubectl = ingredients.programs.go.get("kubectl") ?? "kubectl";
      await Promise.all([
        applyClusterDns(plan, kubectl, kubeconfigPath(plan.name)),
        prepared.then(() =>
          Promise.all(plan.nodes.map((node) => startNode(take(machines, node.name), cluster, node))),
        ),
        wirePods(plan, api, machines),
      ]);
      await waitForWorkloads(plan, api);
    } finally {
      api.close();
    }
    return { plan, admin: cluster.admin };
  });
}

async function startMachines(
  plan: ClusterPlan,
  { programs, theSwitch }: Ingredients,
): Promise<ReadonlyMap<string, Machine>> {
  const machines = await Promise.all(
    machinesOf(plan).map(async ({ name, address }) => {
      const machine = await startMachine(name, programs.usr);
      await wireMachine(theSwitch, machine, address);
      return machine;
    }),
  );
  return new Map(machines.map((machine) => [machine.name, machine]));
}

async function waitForApi(plan: ClusterPlan, api: ApiClient, controlPlane: Machine): Promise<void> {
  const log = `.lab/logs/${controlPlane.name}/kube-apiserver.log`;
  await waitUntil(
    { what: `the API server of cluster ${plan.name} to be ready (${log})`, timeoutMs: apiTimeoutMs },
    async () => {
      if ((await daemonPid(controlPlane, "kube-apiserver")) === undefined) {
        throw new Hopeless(`The API server of cluster ${plan.name} died: see ${log}`);
      }
      return (await api.text("/readyz")) === "ok";
    },
  );
}

async function waitForWorkloads(plan: ClusterPlan, api: ApiClient): Promise<void> {
  await Promise.all(
    plan.nodes.map((node) =>
      waitUntil(
        {
          what: `node ${node.name} to be Ready (.lab/logs/${node.name}/kubelet.log)`,
          timeoutMs: nodesTimeoutMs,
          intervalMs: 250,
        },
        () => isTrue(api, `/api/v1/nodes/${node.name}`, "Ready"),
      ),
    ),
  );
  await waitUntil(
    { what: `cluster DNS of ${plan.name} to be Available`, timeoutMs: dnsTimeoutMs, intervalMs: 250 },
    () => isTrue(api, "/apis/apps/v1/namespaces/kube-system/deployments/coredns", "Available"),
  );
}

async function isTrue(api: ApiClient, path: string, condition: string): Promise<boolean> {
  const object = await api.get<Conditions>(path);
  return object.status?.conditions?.find(({ type }) => type === condition)?.status === "True";
}

function take(machines: ReadonlyMap<string, Machine>, name: string): Machine {
  const machine = machines.get(name);
  if (machine === undefined) throw new Error(`Cannot start a cluster: machine "${name}" was not made`);
  return machine;
}
