// A machine of the lab: network, mount and UTS namespaces held open by one process. It starts them,
// finds them again and enters them; what runs inside is daemon.ts's, how they are wired network.ts's.

import { spawn } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory, logDirectory, machineState, repository } from "../paths.ts";
import { output, run } from "../run.ts";
import type { Finished, RunOptions } from "../run.ts";
import { groupOf, joinFile, makePodsGroup, processesIn } from "./cgroup.ts";

/** A machine that runs. */
export interface Machine {
  /** `a1`, `cp-a`, `hub`, `outside`, `switch`; also its host name. */
  readonly name: string;
  /** The process that holds its namespaces. */
  readonly pid: number;
}

const holder = "holder";
const startTimeoutMs = 20_000;

/** Environment of everything that runs in a machine. */
export const machineEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
} as const;

/** Starts a machine with the programs of `usr` (a folder laid over /usr) and gives it when its files are in place. */
export async function startMachine(name: string, usr: string): Promise<Machine> {
  await mkdir(machineState(name), { recursive: true });
  await mkdir(join(logDirectory, name), { recursive: true });
  await makePodsGroup(name);
  const log = await open(join(logDirectory, name, "machine.log"), "a");
  const child = spawn(
    "/bin/sh",
    [
      "-c",
      'echo $$ > "$0" && exec "$@"',
      await joinFile(name, holder),
      ...["unshare", "--net", "--mount", "--uts", "--propagation", "private"],
      ...["sh", join(import.meta.dirname, "root.sh"), name, machineState(name), usr],
      ...[repository, cacheDirectory],
    ],
    { detached: true, cwd: "/", env: machineEnvironment, stdio: ["ignore", "pipe", log.fd] },
  );
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("not ready in time")), startTimeoutMs);
      child.once("error", reject);
      child.once("exit", (status) => reject(new Error(`its first process ended with status ${status}`)));
      child.stdout?.once("data", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  } catch (cause) {
    child.kill("SIGKILL");
    throw new Error(`Cannot start machine "${name}": see .lab/logs/${name}/machine.log`, { cause });
  } finally {
    child.removeAllListeners();
    child.stdout?.destroy();
    child.unref();
    await log.close();
  }
  return { name, pid: child.pid ?? 0 };
}

/** The machine with this name if it runs. */
export async function findMachine(name: string): Promise<Machine | undefined> {
  const [pid] = await processesIn(groupOf(name, holder));
  return pid === undefined ? undefined : { name, pid };
}

/** The machine with this name; throws naming the cure when it does not run. */
export async function getMachine(name: string): Promise<Machine> {
  const machine = await findMachine(name);
  if (machine === undefined) {
    throw new Error(`Cannot enter machine "${name}": it does not run; see "npm run lab -- status"`);
  }
  return machine;
}

/**
 * The argument list that runs `argv` inside the machine, registered there as `group`. `nsenter` and not
 * `ip netns exec`: the latter mounts its own /sys, without control groups.
 */
export async function entering(
  machine: Machine,
  group: string,
  argv: readonly string[],
): Promise<readonly string[]> {
  return [
    ...["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', await joinFile(machine.name, group)],
    ...["nsenter", "--target", String(machine.pid), "--net", "--mount", "--uts", "--wd=/", "--"],
    ...argv,
  ];
}

/** Runs a program inside the machine to its end, whatever its status. */
export async function runOn(
  machine: Machine,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  return run(await entering(machine, "exec", argv), { env: machineEnvironment, ...options });
}

/** Runs a program inside the machine that must succeed, and gives its standard output. */
export async function outputOn(
  machine: Machine,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return output(await entering(machine, "exec", argv), { env: machineEnvironment, ...options });
}
