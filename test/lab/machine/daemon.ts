// Programs that stay, inside a machine: started, found again, stopped, started again as they were.
// A daemon's record is a file in the machine's state, so another process can do the second half.

import { spawn } from "node:child_process";
import { mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { logDirectory, machineState } from "../paths.ts";
import { waitUntil } from "../wait.ts";
import { groupOf, isInGroup } from "./cgroup.ts";
import { entering, machineEnvironment } from "./machine.ts";
import type { Machine } from "./machine.ts";

/** A program that stays. */
export interface Daemon {
  /** `kubelet`, `bird`, ...; its log is `.lab/logs/<machine>/<name>.log`. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface DaemonRecord extends Daemon {
  readonly pid: number;
}

const startTimeoutMs = 10_000;
const stopTimeoutMs = 20_000;

/** Starts a daemon in the machine and gives its process id. It may die at once: ask its own readiness. */
export async function startDaemon(machine: Machine, daemon: Daemon): Promise<number> {
  await mkdir(join(logDirectory, machine.name), { recursive: true });
  const log = await open(join(logDirectory, machine.name, `${daemon.name}.log`), "a");
  const [program = "", ...args] = await entering(machine, daemon.name, daemon.argv);
  const child = spawn(program, args, {
    detached: true,
    cwd: "/",
    env: { ...machineEnvironment, ...daemon.env },
    stdio: ["ignore", log.fd, log.fd],
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => resolve(child.pid ?? 0));
  });
  await waitUntil(
    { what: `${daemon.name} on ${machine.name} to be registered`, timeoutMs: startTimeoutMs, intervalMs: 2 },
    async () => child.exitCode !== null || (await isInGroup(pid, groupOf(machine.name, daemon.name))),
  );
  child.unref();
  await log.close();
  const record: DaemonRecord = { ...daemon, pid };
  await mkdir(join(machineState(machine.name), "daemons"), { recursive: true });
  await writeFile(recordPath(machine, daemon.name), JSON.stringify(record));
  return pid;
}

/** The daemon's process id, or undefined while it does not run. */
export async function daemonPid(machine: Machine, name: string): Promise<number | undefined> {
  const record = await readRecord(machine, name);
  return record !== undefined && (await isInGroup(record.pid, groupOf(machine.name, name)))
    ? record.pid
    : undefined;
}

/** Sends the signal (SIGTERM if none is named) and waits until the daemon is gone. Children are left alone. */
export async function stopDaemon(
  machine: Machine,
  name: string,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<void> {
  const pid = await daemonPid(machine, name);
  if (pid === undefined) return;
  process.kill(pid, signal);
  await waitUntil(
    {
      what: `${name} on ${machine.name} (pid ${pid}) to end after ${signal}`,
      timeoutMs: stopTimeoutMs,
      intervalMs: 5,
    },
    async () => (await daemonPid(machine, name)) === undefined,
  );
}

/** Stops the daemon if it runs and starts it as it was started last. Throws when it never was. */
export async function restartDaemon(
  machine: Machine,
  name: string,
  signal?: NodeJS.Signals,
): Promise<number> {
  await stopDaemon(machine, name, signal);
  const record = await readRecord(machine, name);
  if (record === undefined)
    throw new Error(`Cannot restart "${name}" on "${machine.name}": it never ran there`);
  const { pid: _, ...daemon } = record;
  return startDaemon(machine, daemon);
}

/** Names of the machine's daemons that were started and do not run. */
export async function stoppedDaemons(machine: Machine): Promise<readonly string[]> {
  const files = await readdir(join(machineState(machine.name), "daemons")).catch(() => []);
  const names = files.map((file) => file.replace(/\.json$/, "")).toSorted();
  const pids = await Promise.all(names.map((name) => daemonPid(machine, name)));
  return names.filter((_, at) => pids[at] === undefined);
}

async function readRecord(machine: Machine, name: string): Promise<DaemonRecord | undefined> {
  const text = await readFile(recordPath(machine, name), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as DaemonRecord);
}

function recordPath(machine: Machine, name: string): string {
  return join(machineState(machine.name), "daemons", `${name}.json`);
}
