// The quickstart from end to end: real processes, tokens and TLS on loopback. What the manifests say decides the
// outcome, and nothing stays when it is over.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "../../services/cli/src/index.ts";
import { waitUntil } from "../../test/lab/wait.ts";

const main = join(import.meta.dirname, "main.ts");
const timeoutMs = 120_000;
let folder: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-quickstart-"));
  await cp(join(import.meta.dirname, "clusters"), join(folder, "clusters"), { recursive: true });
});

afterEach(async () => {
  // Whatever a test that failed left running ends its own processes, which SIGKILL would leave behind.
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, "exit");
    child.kill("SIGINT");
    await gone;
  }
  await rm(folder, { recursive: true });
});

test(
  "once: everything converges, d is quarantined, the next hop goes, nothing stays",
  async () => {
    const { status, output } = await ended(start("--once", "--timeout", "90"));
    expect(output).toMatch(
      /quarantined: pod range 10\.64\.1\.0\/24 overlaps 10\.64\.0\.0\/23 of a .*free: 10\.64\.2\.0\/24/,
    );
    expect(output).toMatch(
      /next hops 172\.30\.1\.12, \S+ of 10\.192\.0\.80\/32, \S+ gone from b1, b2, c1, c2, d1, d2 \d+ ms later/,
    );
    expect(output).toContain("$ npx sealane get routes --cluster b");
    expect(output).toMatch(
      /^ok: converged in [\d.]+ s, next hop gone after \d+ ms; quarantined: 10\.64\.1\.0\/24 of d$/m,
    );
    expect(status).toBe(0);
    const routes = await readFile(join(folder, "run/rendered/b/bird/b1.conf"), "utf8");
    expect(routes).toMatch(/route 10\.192\.0\.80\/32 via 172\.30\.1\.11;/);
    await expectNothingLeft();
  },
  timeoutMs,
);

test(
  "once: other manifests, another outcome",
  async () => {
    await edit("d/nodes.yaml", (text) => text.replaceAll("10.64.1.0/24", "10.67.0.0/24"));
    await rm(join(folder, "clusters/b/serviceexports.yaml"));
    const { status, output } = await ended(start("--once", "--timeout", "90"));
    expect(output).toMatch(/^ok: .*; no range quarantined$/m);
    expect(output).toMatch(/shop\/web +ClusterSetIP +a,d /);
    expect(status).toBe(0);
  },
  timeoutMs,
);

test(
  "once: a manifest with a fault is named with its line, and the exit code says no",
  async () => {
    const lines = (await readFile(join(folder, "clusters/a/nodes.yaml"), "utf8")).split("\n");
    const at = lines.findIndex((line) => line.includes("podCIDRs:"));
    await edit("a/nodes.yaml", (text) => text.replace(/podCIDRs:\n.*\n.*\n/, "podCIDRs: 7\n"));
    const { status, output } = await ended(start("--once", "--timeout", "60"));
    expect(output).toContain("not converged: a manifest cannot be read");
    expect(output).toContain(`clusters/a/nodes.yaml:${at + 1}: `);
    expect(status).toBe(1);
    await expectNothingLeft();
  },
  timeoutMs,
);

test(
  "live: a changed manifest is followed, the command line finds the hub, Ctrl-C ends it all",
  async () => {
    const child = start();
    const seen = outputOf(child);
    await shows(seen, "Ask it, in another terminal");
    const endpoints = join(folder, "run/clusters/a/endpointslices.yaml");
    const text = await readFile(endpoints, "utf8");
    await writeFile(endpoints, text.replaceAll("ready: false", "ready: true"));
    await shows(
      seen,
      /route 10\.192\.0\.80\/32: via 172\.30\.1\.11 -> via 172\.30\.1\.11 172\.30\.1\.12 in .*b1/,
    );
    await rm(join(folder, "run/clusters/c/serviceexports.yaml"));
    await shows(seen, /import pay\/api: gone in b/);
    let stdout = "";
    const asked = await run(["get", "services", "-o", "name"], {
      stdout: { write: (more) => void (stdout += more), colour: false },
      stderr: { write: () => undefined, colour: false },
      env: {},
      home: join(folder, "nobody"),
      quickstart: join(folder, "run/config.yaml"),
      now: Date.now,
      signal: new AbortController().signal,
    });
    expect([asked, stdout]).toEqual([0, "service/shop/web\n"]);
    child.kill("SIGINT");
    const { status, output } = await ended(child, seen);
    expect(output).toContain("nothing runs any more");
    expect(status).toBe(0);
    await expectNothingLeft();
  },
  timeoutMs,
);

test(
  "a folder that holds something else is refused, not emptied",
  async () => {
    await cp(join(folder, "clusters"), join(folder, "run"), { recursive: true });
    const { status, output } = await ended(start("--once"));
    expect(output).toContain("no earlier run of the quickstart");
    expect(status).toBe(1);
    expect(existsSync(join(folder, "run/a/nodes.yaml"))).toBe(true);
  },
  timeoutMs,
);

function start(...flags: readonly string[]): ChildProcess {
  const places = ["--directory", join(folder, "run"), "--clusters", join(folder, "clusters"), "--plain"];
  const child = spawn(process.execPath, [main, ...places, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  return child;
}

interface Seen {
  text: string;
}

function outputOf(child: ChildProcess): Seen {
  const seen = { text: "" };
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (seen.text += chunk.toString()));
  return seen;
}

function ended(
  child: ChildProcess,
  seen = outputOf(child),
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, output: seen.text })));
}

function shows(seen: Seen, what: string | RegExp): Promise<void> {
  const holds = () => (typeof what === "string" ? seen.text.includes(what) : what.test(seen.text));
  return waitUntil({ what: `"${String(what)}" in:\n${seen.text}`, timeoutMs: 60_000 }, holds);
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const file = join(folder, "clusters", path);
  await writeFile(file, change(await readFile(file, "utf8")));
}

/** No process names the run's folder on its command line, and no configuration points at its hub. */
async function expectNothingLeft(): Promise<void> {
  const mine = join(folder, "run");
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  expect(commands.filter((command) => command.includes(mine))).toEqual([]);
  expect(existsSync(join(mine, "config.yaml"))).toBe(false);
}
