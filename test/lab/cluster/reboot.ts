// A node that loses its power and comes back: its namespaces, processes, kernel state and tmpfs go, its disk (/etc,
// /var), its addresses and its network card stay. The rest of the cluster is left alone.

import { allPrograms } from "../cache/machine-usr.ts";
import { killGroup } from "../cleanup.ts";
import type { LabCluster } from "../lab.ts";
import { groupOf, leftOfGroup, removeGroup } from "../machine/cgroup.ts";
import { restartDaemon } from "../machine/daemon.ts";
import { findMachine, getMachine, startMachine } from "../machine/machine.ts";
import type { Machine } from "../machine/machine.ts";
import { wireMachine } from "../machine/network.ts";
import { machinesOf } from "../topology.ts";
import { waitUntil } from "../wait.ts";
import { apiClient } from "./api-client.ts";
import { waitForContainerd, writeMasqueradeRules } from "./node.ts";
import { wirePods } from "./pod-network.ts";

/** In the order in which a node's init starts them. */
const daemons = ["bird", "containerd", "kubelet", "kube-proxy"] as const;

/** A daemon of a node. */
export type NodeDaemon = (typeof daemons)[number];

const goneTimeoutMs = 30_000;

/** Ends everything on a node at once, by SIGKILL, and what its kernel kept goes with it. Nobody is told. */
export async function powerOff({ name }: Machine): Promise<void> {
  const group = groupOf(name);
  await killGroup(group);
  // A kubelet that finds groups of pods from before spends seconds on each.
  await waitUntil({ what: `the control groups of ${name} to go`, timeoutMs: goneTimeoutMs }, async () => {
    await removeGroup(group);
    return (await leftOfGroup(group)).length === 0;
  });
}

/** Starts a node that has no power, without the daemons in `heldBack`; those are the caller's to start. */
export async function powerOn(
  cluster: LabCluster,
  name: string,
  heldBack: readonly NodeDaemon[] = [],
): Promise<Machine> {
  const { plan } = cluster;
  const node = plan.nodes.find((each) => each.name === name);
  if (node === undefined) throw new Error(`Cannot start "${name}": it is no node of cluster "${plan.name}"`);
  if ((await findMachine(name)) !== undefined) throw new Error(`Cannot start "${name}": it runs`);
  const machine = await startMachine(name, (await allPrograms()).usr);
  await wireMachine(await getMachine("switch"), machine, node.address);
  await writeMasqueradeRules(machine, plan);
  await wireCluster(cluster);
  for (const daemon of daemons) {
    if (heldBack.includes(daemon)) continue;
    await restartDaemon(machine, daemon);
    if (daemon === "containerd") await waitForContainerd(machine);
  }
  return machine;
}

/** The routes between the cluster's nodes, which a reboot took from the one. */
async function wireCluster({ plan, admin }: LabCluster): Promise<void> {
  const machines = await Promise.all(machinesOf(plan).map(({ name }) => getMachine(name)));
  const api = apiClient(admin);
  try {
    await wirePods(plan, api, new Map(machines.map((machine) => [machine.name, machine])));
  } finally {
    api.close();
  }
}
