// Takes machines away and proves that nothing of them is left: no process, namespace, mount, link,
// control group. It works from what the kernel knows, so it also cleans up after a crash.

import { existsSync } from "node:fs";
import { readdir, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  groupOf,
  labGroup,
  leftOfGroup,
  machinesWithGroup,
  processesIn,
  removeGroup,
} from "./machine/cgroup.ts";
import { hostLink } from "./machine/network.ts";
import { machineState, stateDirectory } from "./paths.ts";
import { waitUntil } from "./wait.ts";

const killTimeoutMs = 30_000;
const kinds = ["net", "mnt", "uts"] as const;

/** Names of all machines that run or have left something. */
export async function knownMachines(): Promise<readonly string[]> {
  const states = await readdir(stateDirectory, { withFileTypes: true }).catch(() => []);
  const names = states.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return [...new Set([...(await machinesWithGroup()), ...names])].toSorted();
}

/** Ends and removes machines with all that runs on them, then checks; throws naming what is left. */
export async function removeMachines(names: readonly string[]): Promise<void> {
  const groups = names.map((name) => groupOf(name));
  const namespaces = await namespacesOf(groups);
  await Promise.all(groups.map(killGroup));
  await Promise.all(names.map((name) => rm(machineState(name), { recursive: true, force: true })));
  // The kernel takes namespaces down in the background once their last process has gone.
  let left: readonly string[] = [];
  await waitUntil({ what: `${names.join(", ")} to be gone`, timeoutMs: killTimeoutMs }, async () => {
    for (const group of groups) await removeGroup(group);
    left = await leftovers(names, namespaces);
    return left.length === 0;
  }).catch((cause: unknown) => {
    throw new Error(`Cannot take machines away: there is still ${left.join("; ")}`, { cause });
  });
}

/** Removes the lab's folder of state and its part of every control group hierarchy. All machines must be gone. */
export async function removeLab(): Promise<void> {
  let left: readonly string[] = [];
  await waitUntil({ what: "the lab to be gone", timeoutMs: killTimeoutMs }, async () => {
    await removeGroup(labGroup);
    await rm(stateDirectory, { recursive: true, force: true });
    const links = await readdir("/sys/class/net");
    left = [
      ...(await leftOfGroup(labGroup)).map((path) => `the control group ${path}`),
      ...(existsSync(stateDirectory) ? [`the folder ${stateDirectory}`] : []),
      ...(links.includes(hostLink) ? [`the link ${hostLink}`] : []),
    ];
    return left.length === 0;
  }).catch((cause: unknown) => {
    throw new Error(`Cannot take the lab away: there is still ${left.join("; ")}`, { cause });
  });
}

async function leftovers(
  names: readonly string[],
  namespaces: ReadonlySet<string>,
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const name of names) {
    for (const pid of await processesIn(groupOf(name))) left.push(`process ${pid} (${await command(pid)})`);
    for (const path of await leftOfGroup(groupOf(name))) left.push(`the control group ${path}`);
    if (existsSync(machineState(name))) left.push(`the folder ${machineState(name)}`);
  }
  for (const pid of await processIds()) {
    const machine = await machineOfMounts(pid, names);
    if (machine !== undefined) {
      left.push(`process ${pid} (${await command(pid)}) with mounts of machine ${machine}`);
    }
    for (const kind of kinds) {
      if (namespaces.has(await namespace(pid, kind))) {
        left.push(`the ${kind} namespace of a machine, held by process ${pid} (${await command(pid)})`);
      }
    }
  }
  return left;
}

/**
 * The machine whose /etc or /var a process sees mounted, whole or in part. Containers see parts, so this
 * finds those that are in no group of the lab; processes of this machine itself see any mount that leaked.
 */
async function machineOfMounts(pid: number, names: readonly string[]): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/mountinfo`, "utf8").catch(() => "");
  return names.find((name) => text.includes(`/state/${name}/etc`) || text.includes(`/state/${name}/var`));
}

/** Kills until nobody is left: a process may fork between the look and the signal. */
export async function killGroup(group: string): Promise<void> {
  await waitUntil(
    { what: `the processes in control group ${group} to end`, timeoutMs: killTimeoutMs, intervalMs: 20 },
    async () => {
      const pids = await processesIn(group);
      for (const pid of pids) {
        try {
          process.kill(pid, "SIGKILL");
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
        }
      }
      return pids.length === 0;
    },
  );
}

/** The namespaces that only these groups' processes should be in. */
async function namespacesOf(groups: readonly string[]): Promise<ReadonlySet<string>> {
  const own = await Promise.all(kinds.map((kind) => namespace(process.pid, kind)));
  const found = new Set<string>();
  for (const group of groups) {
    for (const pid of await processesIn(group)) {
      for (const kind of kinds) found.add(await namespace(pid, kind));
    }
  }
  for (const name of ["", ...own]) found.delete(name);
  return found;
}

async function namespace(pid: number, kind: (typeof kinds)[number]): Promise<string> {
  return readlink(join("/proc", String(pid), "ns", kind)).catch(() => "");
}

async function processIds(): Promise<readonly number[]> {
  return (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name)).map(Number);
}

async function command(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return text.split("\0").join(" ").trim().slice(0, 120) || "ended meanwhile";
}
