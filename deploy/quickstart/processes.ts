// The processes of one run: started with their output in a log each, watched, recorded, and all ended together.
// None outlives the quickstart; what a killed one left behind is ended by the next.

import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { lastWords } from "./complaints.ts";
import { repository } from "./options.ts";
import { readRecord, writeRecord } from "./site.ts";
import type { Site } from "./site.ts";

/** The running processes. */
export interface Processes {
  /** Starts a program of this repository, under the project's own Node. */
  readonly launch: (name: string, entry: string, args: readonly string[]) => Promise<void>;
  /** Rejects when one ends by itself. */
  readonly broken: Promise<never>;
  /** Ends all, each with time to finish. */
  readonly stop: () => Promise<void>;
}

/** Time that a process has to end by itself. */
const graceMs = 5_000;
/** Ctrl-C reaches every process of a terminal at once: an end within this time of it is no fault. */
const interruptionMs = 300;
const lookMs = 50;

/** Watches over no process yet. */
export function startProcesses(site: Site): Processes {
  const children: ChildProcess[] = [];
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  let stopping = false;
  const record = () =>
    writeRecord(
      site.root,
      children.flatMap(({ pid }) => pid ?? []),
    );
  const launch = async (name: string, entry: string, args: readonly string[]) => {
    if (stopping) return;
    const path = join(site.logs, `${name}.log`);
    const log = openSync(path, "a");
    const child = spawn(process.execPath, [join(repository, entry), ...args], {
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    children.push(child);
    child.once("error", (cause) => reject(new Error(`Cannot start ${name}: ${cause.message}`, { cause })));
    child.once("exit", (status, signal) => {
      setTimeout(() => {
        if (!stopping) reject(endOf(name, signal ?? `status ${status}`, path));
      }, interruptionMs).unref();
    });
    await record();
  };
  const stop = async () => {
    stopping = true;
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(children.map(ended));
    children.length = 0;
    await record();
  };
  return { launch, broken, stop };
}

function endOf(name: string, how: string, log: string): Error {
  const words = lastWords(log);
  return new Error(`The process ${name} ended by itself (${how})${words && `: ${words}`}. Its log: ${log}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const kill = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await once(child, "exit");
  clearTimeout(kill);
}

/** Ends what an earlier run left in the folder. Rejects when that run is alive. */
export async function endLeftovers(directory: string): Promise<void> {
  const record = await readRecord(directory);
  if (record === undefined) return;
  const { pid, children } = record;
  if (pid !== process.pid && (await commandOf(pid)).includes("quickstart/main.ts")) {
    throw new Error(
      `A quickstart runs in "${directory}" already (process ${pid}). End it with Ctrl-C where it runs, or give this one ` +
        "another folder with --directory.",
    );
  }
  for (const child of children) {
    if (!(await commandOf(child)).includes(directory)) continue;
    process.kill(child, "SIGTERM");
    const deadline = performance.now() + graceMs;
    while ((await commandOf(child)) !== "" && performance.now() < deadline) await delay(lookMs);
    if ((await commandOf(child)) !== "") process.kill(child, "SIGKILL");
  }
}

/** The command line of a process; empty when there is none, or nobody can say. */
async function commandOf(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
  } catch {
    const ps = promisify(execFile)("ps", ["-o", "args=", "-p", String(pid)], { timeout: graceMs });
    return ps.then(
      ({ stdout }) => stdout.trim(),
      () => "",
    );
  }
}
