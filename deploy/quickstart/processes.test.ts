// What a killed run leaves behind is ended by the next, and nothing else is; a process that dies is told.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endLeftovers, startProcesses } from "./processes.ts";
import type { Site } from "./site.ts";

let folder: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-processes-"));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

test("processes of an earlier run are ended, others that have their numbers now are not", async () => {
  const [own, other] = [await idle(folder), await idle("something else")];
  await record({ pid: 2 ** 22 + 1, children: [own.pid, other.pid] });
  const gone = once(own, "exit");
  await endLeftovers(folder);
  expect(await gone).toEqual([null, "SIGTERM"]);
  expect(other.exitCode ?? other.signalCode).toBeNull();
});

test("a run that is alive is left alone, and named", async () => {
  const alive = await idle("quickstart/main.ts");
  await record({ pid: alive.pid, children: [] });
  await expect(endLeftovers(folder)).rejects.toThrow(`already (process ${alive.pid})`);
});

test("a process that ends by itself is told with what it died of", async () => {
  const site: Site = {
    root: folder,
    config: "",
    hubData: "",
    documents: "",
    logs: join(folder, "logs"),
    clusters: [],
  };
  await mkdir(site.logs);
  const processes = startProcesses(site);
  await processes.launch("hub", "services/hub/src/main.ts", ["--listen=nowhere"]);
  await expect(processes.broken).rejects.toThrow(
    /^The process hub ended by itself \(status 1\): .*hub\.log$/s,
  );
  await processes.stop();
});

/** A process that does nothing, with the text on its command line. */
async function idle(text: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => 1, 1000)", text]);
  started.push(child);
  await once(child.stdout, "data");
  return child;
}

function record(value: object): Promise<void> {
  return writeFile(join(folder, "quickstart.json"), JSON.stringify(value));
}
