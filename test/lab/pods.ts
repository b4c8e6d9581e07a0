// The processes of a pod as this machine sees them, found by the pod's control group on its node. It ends what the lab
// started and nothing else; the kubelet starts it again.

import { readFile } from "node:fs/promises";
import { groupOf, podsGroup, processesIn } from "./machine/cgroup.ts";
import type { Machine } from "./machine/machine.ts";
import { waitUntil } from "./wait.ts";

const endTimeoutMs = 10_000;

/** Ids of the pod's processes that were started with this argument. `uid` is the pod's. */
export async function podProcesses(
  machine: Machine,
  uid: string,
  argument: string,
): Promise<readonly number[]> {
  const found: number[] = [];
  for (const pid of await processesIn(groupOf(machine.name, podsGroup))) {
    const groups = await read(`/proc/${pid}/cgroup`);
    // With the systemd driver the uid's hyphens are underscores; the lab's kubelets use cgroupfs.
    if (!groups.includes(`/pod${uid}/`)) continue;
    const argv = (await read(`/proc/${pid}/cmdline`)).split("\0");
    if (argv.includes(argument)) found.push(pid);
  }
  return found;
}

/** Ends the one process of the pod that was started with this argument by SIGKILL. Throws unless there is exactly one. */
export async function killPodProcess(machine: Machine, uid: string, argument: string): Promise<number> {
  const pids = await podProcesses(machine, uid, argument);
  const [pid] = pids;
  if (pid === undefined || pids.length > 1) {
    const found = pids.join(", ") || "none";
    throw new Error(
      `Cannot kill the process with argument "${argument}" of pod ${uid} on "${machine.name}": found ${found}`,
    );
  }
  process.kill(pid, "SIGKILL");
  await waitUntil(
    { what: `process ${pid} on ${machine.name} to end`, timeoutMs: endTimeoutMs, intervalMs: 5 },
    async () => !(await podProcesses(machine, uid, argument)).includes(pid),
  );
  return pid;
}

/** Empty for a process that ended meanwhile. */
function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
