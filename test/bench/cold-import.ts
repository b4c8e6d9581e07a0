// One cold import, by Sealane or by the bare mirror: from the start of the process until everything is in the importing
// cluster, seen by the same watcher.

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { hasStatus } from "../../agents/cluster/src/kube/error.ts";
import { lastGoodSecretNames } from "../../agents/cluster/src/link/last-good-read.ts";
import { waitUntil } from "../lab/wait.ts";
import { ended } from "./api-servers.ts";
import type { ApiServers } from "./api-servers.ts";
import { watchArrivals } from "./arrivals.ts";
import type { Arrivals } from "./arrivals.ts";
import { collections } from "./exports.ts";
import { serverAt, systemNamespace } from "./sealane-processes.ts";

/** Seconds since the process was started. */
export interface ColdTimes {
  /** The first object was there. */
  readonly first: number;
  /** Every Service, slice and, by Sealane, ServiceImport was there. */
  readonly all: number;
  /** Every import's status was written; Sealane only. */
  readonly said: number | undefined;
}

const timeoutMs = 300_000;

/** Copies with the bare mirror. */
export async function mirrorCold(
  servers: ApiServers,
  namespace: string,
  exports: number,
): Promise<ColdTimes> {
  const [a, b] = [serverAt(servers, 0), serverAt(servers, 1)];
  return await timed(b.client, namespace, async (arrivals) => {
    const program = join(import.meta.dirname, "pair-mirror.ts");
    const mirror = fork(program, [a.kubeconfig, b.kubeconfig, namespace], { silent: true });
    try {
      await here({ arrivals, exports, kinds: ["services", "slices"], process: mirror });
    } finally {
      await ended(mirror);
    }
  });
}

/** Imports with what `start` starts, and gives that process; it goes on running. */
export async function sealaneCold(
  servers: ApiServers,
  namespace: string,
  exports: number,
  start: () => ChildProcess,
): Promise<{ readonly times: ColdTimes; readonly process: ChildProcess }> {
  const { client } = serverAt(servers, 1);
  let started: ChildProcess | undefined;
  const times = await timed(client, namespace, async (arrivals) => {
    started = start();
    await here({ arrivals, exports, kinds: ["services", "slices", "imports"], process: started });
    const what = `the status of ${exports} imports`;
    await waitUntil({ what, timeoutMs }, () => arrivals.modified.imports.length >= exports);
  });
  if (started === undefined) throw new Error("nothing was started");
  return { times, process: started };
}

/** Takes away what either left, and what the agent remembers of the hub, so that the next import is cold again. */
export async function clear(client: KubeClient, namespace: string): Promise<void> {
  // One after the other on the server's side, so a thousand take seconds.
  const options = { timeoutMs };
  await client.request("DELETE", collections.imports(namespace), options);
  await client.request("DELETE", collections.services(namespace), options);
  await client.request("DELETE", collections.slices(namespace), options);
  for (const name of lastGoodSecretNames()) {
    const path = `/api/v1/namespaces/${systemNamespace}/secrets/${name}`;
    await client.request("DELETE", path).catch((error: unknown) => {
      if (!hasStatus(error, 404)) throw error;
    });
  }
}

async function timed(
  client: KubeClient,
  namespace: string,
  run: (arrivals: Arrivals) => Promise<void>,
): Promise<ColdTimes> {
  const arrivals = await watchArrivals(client, namespace);
  try {
    const startedAt = performance.now();
    await run(arrivals);
    const { added, modified } = arrivals;
    const all = Object.values(added).flat();
    const seconds = (at: number) => (at - startedAt) / 1_000;
    const said = modified.imports.at(-1);
    return {
      first: seconds(Math.min(...all)),
      all: seconds(Math.max(...all)),
      said: said === undefined ? undefined : seconds(said),
    };
  } finally {
    await arrivals.close();
  }
}

interface Awaited {
  readonly arrivals: Arrivals;
  readonly exports: number;
  readonly kinds: readonly (keyof Arrivals["added"])[];
  readonly process: ChildProcess;
}

async function here({ arrivals, exports, kinds, process }: Awaited): Promise<void> {
  const missing = () => kinds.filter((kind) => arrivals.added[kind].length < exports);
  await waitUntil({ what: `${exports} each of ${kinds.join(", ")}`, timeoutMs, intervalMs: 50 }, () => {
    if (missing().length === 0) return true;
    if (process.exitCode !== null && process.exitCode !== 0)
      throw new Error(`the process ended with status ${process.exitCode}`);
    return false;
  });
}
