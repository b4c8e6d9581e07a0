// `status`: what runs, as a table, and whether all of it is well.

import { outsideSessions } from "./bird.ts";
import { apiClient } from "./cluster/api-client.ts";
import { knownMachines } from "./cleanup.ts";
import { clusterOf, openLab } from "./lab.ts";
import type { Lab } from "./lab.ts";
import { daemonPid } from "./machine/daemon.ts";
import type { Machine } from "./machine/machine.ts";
import { readRecord } from "./record.ts";

const controlPlaneDaemons = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
const nodeDaemons = ["containerd", "kubelet", "kube-proxy", "bird"];

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly podCIDRs?: readonly string[] };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}

/** What `status` found: lines for a person, and whether everything that should run does. */
export interface Status {
  readonly lines: readonly string[];
  readonly well: boolean;
}

/** Looks at the whole lab. A lab that is down, with nothing left of it, is well. */
export async function status(): Promise<Status> {
  if ((await readRecord()) === undefined) {
    const left = await knownMachines();
    return left.length === 0
      ? { lines: ["down"], well: true }
      : {
          lines: [`down, but machines are left: ${left.join(", ")}; take them away with "down"`],
          well: false,
        };
  }
  const lab = await openLab();
  const rows: string[][] = [["MACHINE", "ADDRESS", "STATE", "PODS"]];
  let well = true;
  for (const { name } of lab.clusters) {
    const found = await clusterRows(lab, name);
    rows.push(...found.rows);
    well &&= found.well;
  }
  const sessions = await outsideSessions(lab.outside);
  rows.push(["hub", "172.30.0.10", "plain host", ""]);
  rows.push(["outside", "172.30.0.20", `${sessions.up} of ${sessions.all} BGP sessions up`, ""]);
  return { lines: table(rows), well: well && sessions.up === sessions.all };
}

async function clusterRows(lab: Lab, name: string): Promise<{ rows: string[][]; well: boolean }> {
  const cluster = clusterOf(lab, name);
  const api = apiClient(cluster.admin);
  try {
    const ready = await api.text("/readyz").catch((error: Error) => error.message);
    const nodes = await api
      .get<{ readonly items: readonly NodeObject[] }>("/api/v1/nodes")
      .then((list) => list.items)
      .catch(() => []);
    const stopped = await stoppedDaemons(cluster.controlPlane, controlPlaneDaemons);
    const state = stopped ?? (ready === "ok" ? "API ready" : ready);
    const rows = [[cluster.controlPlane.name, cluster.plan.controlPlane.address.v4, state, ""]];
    for (const [at, machine] of cluster.nodes.entries()) {
      const node = nodes.find(({ metadata }) => metadata.name === machine.name);
      const isReady = node?.status.conditions.some(
        ({ type, status: is }) => type === "Ready" && is === "True",
      );
      const nodeState = (await stoppedDaemons(machine, nodeDaemons)) ?? (isReady ? "Ready" : "not Ready");
      rows.push([
        machine.name,
        cluster.plan.nodes[at]?.address.v4 ?? "",
        nodeState,
        node?.spec.podCIDRs?.join(" ") ?? "",
      ]);
    }
    return { rows, well: rows.every(([, , is]) => is === "API ready" || is === "Ready") };
  } finally {
    api.close();
  }
}

async function stoppedDaemons(machine: Machine, names: readonly string[]): Promise<string | undefined> {
  const pids = await Promise.all(names.map((name) => daemonPid(machine, name)));
  const stopped = names.filter((_, at) => pids[at] === undefined);
  return stopped.length === 0 ? undefined : `stopped: ${stopped.join(", ")}`;
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
