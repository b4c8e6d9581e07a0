// One command at a time changes the lab: a lock beside the cache, given up with its owner's death.

import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "./paths.ts";
import { say } from "./progress.ts";
import { waitFor } from "./wait.ts";

const path = join(cacheDirectory, "lock");
const lockTimeoutMs = 30 * 60_000;

/** Does the work while no other command of any checkout changes the lab. */
export async function withLock<T>(work: () => Promise<T>): Promise<T> {
  await mkdir(cacheDirectory, { recursive: true });
  let told = false;
  await waitFor({ what: `another lab command to end (see ${path})`, timeoutMs: lockTimeoutMs }, async () => {
    if (await take()) return true;
    const owner = (await readFile(path, "utf8").catch(() => "")).trim();
    if (owner !== "" && !(await isAlive(owner))) {
      await rm(path, { force: true });
    } else if (!told && owner !== "") {
      told = true;
      say(`waiting for process ${owner.split(" ")[0]}, which is changing the lab`);
    }
    return undefined;
  });
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.write(`${process.pid} ${await startTime(process.pid)}`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isAlive(owner: string): Promise<boolean> {
  const [pid = "", started = ""] = owner.split(" ");
  return (await startTime(Number(pid))) === started;
}

/** When a process started, in clock ticks since boot: with its id it names the process for good. See proc(5). */
async function startTime(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
