// The running lab as a value: what tests hold in their hands. It reads the record and the kernel, and
// changes nothing by itself.

import { join } from "node:path";
import { importImage } from "./cluster/node.ts";
import type { Access } from "./cluster/kubeconfig.ts";
import { getMachine } from "./machine/machine.ts";
import type { Machine } from "./machine/machine.ts";
import { binDirectory, kubeconfigPath } from "./paths.ts";
import { readRecord } from "./record.ts";
import type { ClusterPlan } from "./topology.ts";

/** A cluster that runs. */
export interface LabCluster {
  readonly name: string;
  /** Ranges, AS number, addresses. */
  readonly plan: ClusterPlan;
  /** Path of its own kubeconfig. */
  readonly kubeconfig: string;
  /** The administrator's credentials, PEM. */
  readonly admin: Access;
  readonly controlPlane: Machine;
  /** In the plan's order. */
  readonly nodes: readonly Machine[];
}

/** A lab that runs. */
export interface Lab {
  readonly clusters: readonly LabCluster[];
  /** The plain host for the hub process. */
  readonly hub: Machine;
  /** The plain host outside every cluster. */
  readonly outside: Machine;
  /** Path of the kubeconfig with one context a cluster. */
  readonly kubeconfig: string;
}

/** The running lab; throws with the cure when none runs or a machine of it died. */
export async function openLab(): Promise<Lab> {
  const record = await readRecord();
  if (record === undefined || record.clusters.length === 0) {
    throw new Error('Cannot open the lab: it is down; start it with "npm run lab -- up --bare"');
  }
  return {
    clusters: await Promise.all(
      record.clusters.map(async ({ plan, admin }) => ({
        name: plan.name,
        plan,
        admin,
        kubeconfig: kubeconfigPath(plan.name),
        controlPlane: await getMachine(plan.controlPlane.name),
        nodes: await Promise.all(plan.nodes.map(({ name }) => getMachine(name))),
      })),
    ),
    hub: await getMachine("hub"),
    outside: await getMachine("outside"),
    kubeconfig: kubeconfigPath(),
  };
}

/** The running cluster with this name; throws when the lab has none. */
export function clusterOf(lab: Lab, name: string): LabCluster {
  const cluster = lab.clusters.find((candidate) => candidate.name === name);
  if (cluster === undefined) {
    throw new Error(
      `Cannot find cluster "${name}": the lab has ${lab.clusters.map((c) => c.name).join(", ")}`,
    );
  }
  return cluster;
}

/** Path of a program in `.lab/bin`. */
export function program(name: string): string {
  return join(binDirectory, name);
}

/** Imports a docker-archive into every node of these clusters. */
export async function loadImage(clusters: readonly LabCluster[], archive: string): Promise<void> {
  await Promise.all(
    clusters.flatMap((cluster) => cluster.nodes.map((machine) => importImage(machine, archive))),
  );
}
