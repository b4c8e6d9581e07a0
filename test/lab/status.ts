// `status`: what runs, as a table, and whether all of it is well.

import { hubAddress, outsideAddress } from "./addresses.ts";
import { outsideSessions } from "./bird.ts";
import { knownMachines } from "./cleanup.ts";
import { apiClient } from "./cluster/api-client.ts";
import { stoppedDaemons } from "./machine/daemon.ts";
import { findMachine, getMachine } from "./machine/machine.ts";
import { readRecord } from "./record.ts";
import type { ClusterRecord } from "./record.ts";

interface State {
  readonly state: string;
  readonly well: boolean;
}

interface Row extends State {
  readonly machine: string;
  readonly address: string;
  readonly pods?: string;
}

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
  const record = await readRecord();
  if (record === undefined) {
    const left = await knownMachines();
    return left.length === 0
      ? { lines: ["down"], well: true }
      : {
          lines: [`not up, but machines are left: ${left.join(", ")}; take them away with "down"`],
          well: false,
        };
  }
  const rows: Row[] = [];
  for (const cluster of record.clusters) rows.push(...(await clusterRows(cluster)));
  rows.push({ machine: "hub", address: hubAddress.v4, ...(await plainState("hub")) });
  rows.push({ machine: "outside", address: outsideAddress.v4, ...(await outsideState()) });
  const cells = rows.map((row) => [row.machine, row.address, row.state, row.pods ?? ""]);
  return {
    lines: table([["MACHINE", "ADDRESS", "STATE", "PODS"], ...cells]),
    well: rows.every((row) => row.well),
  };
}

async function clusterRows({ plan, admin }: ClusterRecord): Promise<readonly Row[]> {
  const api = apiClient(admin);
  try {
    const ready = await api.text("/readyz").catch((error: Error) => error.message);
    const nodes = await api
      .get<{ readonly items: readonly NodeObject[] }>("/api/v1/nodes")
      .then((list) => list.items)
      .catch(() => []);
    const { name, address } = plan.controlPlane;
    const apiState =
      ready === "ok" ? { state: "API ready", well: true } : { state: firstLine(ready), well: false };
    const rows: Row[] = [{ machine: name, address: address.v4, ...((await brokenState(name)) ?? apiState) }];
    for (const planned of plan.nodes) {
      const node = nodes.find(({ metadata }) => metadata.name === planned.name);
      const isReady = node?.status.conditions.some(
        ({ type, status: is }) => type === "Ready" && is === "True",
      );
      const nodeState = isReady ? { state: "Ready", well: true } : { state: "not Ready", well: false };
      const state = (await brokenState(planned.name)) ?? nodeState;
      const pods = node?.spec.podCIDRs?.join(" ") ?? "";
      rows.push({ machine: planned.name, address: planned.address.v4, ...state, pods });
    }
    return rows;
  } finally {
    api.close();
  }
}

async function outsideState(): Promise<State> {
  const broken = await brokenState("outside");
  if (broken !== undefined) return broken;
  const sessions = await outsideSessions(await getMachine("outside"));
  return { state: `${sessions.up} of ${sessions.all} BGP sessions up`, well: sessions.up === sessions.all };
}

async function plainState(name: string): Promise<State> {
  return (await brokenState(name)) ?? { state: "plain host", well: true };
}

/** What is wrong with a machine as such; undefined when it and its daemons run. */
async function brokenState(name: string): Promise<State | undefined> {
  const machine = await findMachine(name);
  if (machine === undefined) return { state: "does not run", well: false };
  const stopped = await stoppedDaemons(machine);
  return stopped.length === 0 ? undefined : { state: `stopped: ${stopped.join(", ")}`, well: false };
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

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
