// Hub and two agents between two bare API servers, each process by name, so that one can be ended and started alone; and
// what it is to have settled.

import type { ChildProcess } from "node:child_process";
import { waitUntil } from "../lab/wait.ts";
import type { ApiServers } from "./api-servers.ts";
import { prepareCluster } from "./prepare-cluster.ts";
import type { Profile } from "./sealane-processes.ts";
import { agentGauge, startAgent, startHub } from "./sealane-processes.ts";

/** The running processes; cluster a exports, b imports. */
export interface ImportingPair {
  readonly servers: ApiServers;
  readonly profile: Profile;
  /** `hub`, `agent-a`, `agent-b`, as far as they run. */
  readonly children: Map<string, ChildProcess>;
  /** Ids of these and of the API servers. */
  readonly processes: () => ReadonlyMap<string, number>;
}

const settleTimeoutMs = 300_000;

/** Prepares both clusters and starts everything. */
export async function makePair(servers: ApiServers, profile: Profile): Promise<ImportingPair> {
  for (const [index, { client }] of servers.servers.entries()) await prepareCluster(client, index);
  const children = new Map<string, ChildProcess>();
  const pair: ImportingPair = {
    servers,
    profile,
    children,
    processes: () =>
      new Map([
        ...servers.processes,
        ...[...children].flatMap(([name, { pid }]): [string, number][] =>
          pid === undefined ? [] : [[name, pid]],
        ),
      ]),
  };
  for (const name of processNames) children.set(name, await startProcess(pair, name));
  return pair;
}

/** In the order in which they start. */
const processNames = ["hub", "agent-a", "agent-b"] as const;
/** One of them. */
export type ProcessName = (typeof processNames)[number];

/** Starts one of the processes; nothing remembers it. */
export async function startProcess(
  { servers, profile }: Pick<ImportingPair, "servers" | "profile">,
  name: ProcessName,
): Promise<ChildProcess> {
  if (name === "hub") return startHub(servers, profile);
  return startAgent(servers, name === "agent-a" ? 0 : 1, profile);
}

/** Waits until the agents say that so many imports are as wanted, in both clusters or in the exporting one alone. */
export async function settle(
  { servers }: ImportingPair,
  imports: number,
  where: "both" | "exporter" = "both",
): Promise<void> {
  const indexes = where === "both" ? [0, 1] : [0];
  for (const index of indexes) {
    const what = `agent ${index} to have ${imports} imports (logs in ${servers.directory})`;
    await waitUntil({ what, timeoutMs: settleTimeoutMs, intervalMs: 200 }, async () => {
      const gauge = (series: string) => agentGauge(index, series);
      if ((await gauge("sealane_session_up")) !== 1) return false;
      const desired = await gauge('sealane_desired_entries{kind="imports"}');
      const drifts = await Promise.all(
        ["imports", "exports", "slices"].map((kind) => gauge(`sealane_drift_entries{kind="${kind}"}`)),
      );
      return desired === imports && drifts.every((drift) => drift === 0);
    });
  }
}
