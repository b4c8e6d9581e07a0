// Control groups as the lab's register of processes: every process of a machine is in the machine's
// group, its pods included, so that all of them can be found and ended whatever they became.
// It limits nothing; the kubelet limits pods below their own group. It does see to it that the pods of all machines
// together weigh as much as they would on machines of their own.

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const mountPoint = "/sys/fs/cgroup";

/** The lab's part of each hierarchy. */
export const labGroup = "sealane-lab";

/** The group of a machine's daemon, or of the whole machine, relative to a hierarchy's root. */
export function groupOf(machine: string, daemon?: string): string {
  return daemon === undefined ? `${labGroup}/${machine}` : `${labGroup}/${machine}/${daemon}`;
}

/** The `cgroup.procs` file to write a process id to, its group made first. */
export async function joinFile(machine: string, daemon: string): Promise<string> {
  const directory = join(registry(), groupOf(machine, daemon));
  await mkdir(directory, { recursive: true });
  return join(directory, "cgroup.procs");
}

/** The group below which a machine's kubelet makes those of its pods. */
export const podsGroup = "pods";

/** Makes a machine's group for pods in every hierarchy, able to have limited groups below it. */
export async function makePodsGroup(machine: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    await delegate(hierarchy);
    let directory = hierarchy;
    for (const name of groupOf(machine, podsGroup).split("/")) {
      directory = join(directory, name);
      await mkdir(directory, { recursive: true });
      await delegate(directory);
    }
    await weigh(join(hierarchy, labGroup));
  }
}

/**
 * Gives the lab's group the weight of two processors for each machine, which is what a kubelet gives the pods of a
 * node with two. With the default, all pods of all nodes together would weigh as much as one single daemon.
 */
async function weigh(directory: string): Promise<void> {
  const machines = (await subgroups(directory)).length;
  const weights = [
    { path: join(directory, "cpu.shares"), each: 2 * 1024, max: 262_144 },
    { path: join(directory, "cpu.weight"), each: 2 * 100, max: 10_000 },
  ];
  for (const { path, each, max } of weights) {
    if (existsSync(path)) await writeFile(path, String(Math.min(max, machines * each)));
  }
}

/** Ids of all processes in a group and those below it; empty when there is no such group. */
export async function processesIn(group: string): Promise<readonly number[]> {
  const directory = join(registry(), group);
  const own = await readFile(join(directory, "cgroup.procs"), "utf8").catch(() => "");
  const below = await Promise.all((await subgroups(directory)).map((name) => processesIn(join(group, name))));
  return [...own.split("\n").filter(Boolean).map(Number), ...below.flat()];
}

/** Names of the machines that have a group. */
export function machinesWithGroup(): Promise<readonly string[]> {
  return subgroups(join(registry(), labGroup));
}

/**
 * Removes a group and those below it from every hierarchy. Its processes must be gone; what the kernel still
 * counts as busy, because a dead process is not reaped yet, stays: see `leftOfGroup` and call again.
 */
export async function removeGroup(group: string): Promise<void> {
  for (const hierarchy of await hierarchies()) await removeTree(join(hierarchy, group));
}

/** Paths of what is left of a group in any hierarchy. */
export async function leftOfGroup(group: string): Promise<readonly string[]> {
  return (await hierarchies()).map((hierarchy) => join(hierarchy, group)).filter((path) => existsSync(path));
}

/** Whether this process is in a group at or below `group`. */
export async function isInGroup(pid: number, group: string): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
  return text.split("\n").some((line) => `${line}/`.includes(`:/${group}/`));
}

/** The one hierarchy that is asked: `pids` on hosts of version 1, else the unified one. */
function registry(): string {
  return existsSync(join(mountPoint, "cgroup.controllers")) ? mountPoint : join(mountPoint, "pids");
}

async function hierarchies(): Promise<readonly string[]> {
  if (existsSync(join(mountPoint, "cgroup.controllers"))) return [mountPoint];
  return (await subgroups(mountPoint)).map((name) => join(mountPoint, name));
}

/** Passes on what a new group lacks: CPUs and memory nodes in version 1, controllers in version 2; cgroups(7). */
async function delegate(directory: string): Promise<void> {
  for (const name of ["cpuset.cpus", "cpuset.mems"]) {
    const path = join(directory, name);
    const parent = join(directory, "..", name);
    if (existsSync(join(directory, "cgroup.clone_children")) && existsSync(path) && existsSync(parent)) {
      if ((await readFile(path, "utf8")).trim() === "") await writeFile(path, await readFile(parent));
    }
  }
  const controllers = await readFile(join(directory, "cgroup.controllers"), "utf8").catch(() => "");
  for (const name of controllers.split(/\s+/).filter(Boolean)) {
    // One that cannot be passed on (as cpu beside realtime processes) is one that pods do without.
    await writeFile(join(directory, "cgroup.subtree_control"), `+${name}`).catch(() => undefined);
  }
}

async function subgroups(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function removeTree(directory: string): Promise<void> {
  for (const name of await subgroups(directory)) await removeTree(join(directory, name));
  await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "EBUSY") throw error;
  });
}
