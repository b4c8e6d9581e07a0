// The speaker's own process beside a real BIRD, under an agent that serves real sessions. Needs root.

import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { RealRig } from "./drivers/bird/real-rig.ts";
import { birdProgram, realRig } from "./drivers/bird/real-rig.ts";
import { FakeAgent, completeWorld, fakeToken, publishWorld, putReady, unexport } from "./fake-agent.ts";

const run = promisify(execFile);

let program: string;
let rig: RealRig;
let agent: FakeAgent;
let folder: string;
let speaker: ChildProcess | undefined;
let log: string;
const monitors: ChildProcess[] = [];

beforeAll(async () => {
  program = await birdProgram();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealane-speaker-agent-"));
  await writeFile(join(folder, "token"), `${fakeToken}\n`);
  await writeFile(join(folder, "cluster"), "a\n");
  rig = await realRig(program);
  agent = new FakeAgent();
  await agent.start(folder);
});

afterEach(async () => {
  for (const monitor of monitors.splice(0)) monitor.kill();
  await endSpeaker("SIGKILL");
  agent.stop();
  await rig.close();
  await rm(folder, { recursive: true });
});

test("routes of the other cluster are in the kernel, our own leave by BGP, and the report says so", async () => {
  publishWorld(agent);
  completeWorld(agent);
  startSpeaker();
  const hops4 = ["10.10.0.11", "10.10.0.12", "10.10.0.13"];
  const hops6 = ["fd10::11", "fd10::12", "fd10::13"];
  await vi.waitFor(async () => expect(await hops("10.97.0.9/32")).toEqual(hops4), patience);
  expect(await hops("fd00:97::9/128")).toEqual(hops6);
  expect(await hops("10.110.2.0/24")).toEqual(["10.10.0.12"]);
  expect(await hops("fd00:110:3::/64")).toEqual(["fd10::13"]);
  const own = ["10.100.1.0/24", "10.96.0.9/32", "fd00:100:1::/64", "fd00:96::9/128"];
  await vi.waitFor(async () => expect(await rig.learned()).toEqual(own), patience);
  const routes = { kind: "routes", desired: 12, observed: 12 };
  await vi.waitFor(() => expect(agent.reports.at(-1)?.counts).toContainEqual(routes), patience);
  expect(agent.reports.at(-1)?.node).toBe("a1");
  // What the node's checks find beside them is true here: the rig has no neighbours and does not forward.
  expect(agent.reports.at(-1)?.findings.map(({ reason }) => reason)).not.toContain("ApplyFailed");
  const metrics = await page("metrics");
  expect(metrics).toContain('sealane_routes{node="a1",kind="install",state="observed"} 8');
  expect(metrics).toContain("sealane_session_up 1");
  expect((await page("readyz")).trim()).toBe("ok");
});

test("prints how long lost readiness takes from the agent to the kernel", async () => {
  publishWorld(agent);
  completeWorld(agent);
  startSpeaker("--stable-seconds", "0");
  await vi.waitFor(async () => expect(await hops("10.97.0.9/32")).toHaveLength(3), patience);
  let heard = "";
  let heardMs = 0;
  watchRoutes((text) => {
    heard += text;
    if (heard.includes("10.97.0.9") && heard.includes("fd00:97::9")) heardMs ||= performance.now();
  });
  const lost: number[] = [];
  const change = async (ready: boolean) => {
    const reports = agent.reports.length;
    [heard, heardMs] = ["", 0];
    const startMs = performance.now();
    putReady(agent, "b", "b2", ready);
    await vi.waitFor(() => expect(heardMs).toBeGreaterThan(0), patience);
    await vi.waitFor(() => expect(agent.reports.length).toBeGreaterThan(reports), patience);
    return heardMs - startMs;
  };
  for (let round = 0; round < 15; round++) {
    lost.push(await change(false));
    await change(true);
  }
  const sorted = lost.toSorted((a, b) => a - b);
  console.log(
    `readiness lost at the agent to both kernel routes changed, 15 times: median ${sorted[7]?.toFixed(1)} ms, max ${sorted[14]?.toFixed(1)} ms`,
  );
  expect(sorted[14]).toBeLessThan(250);
});

test("a speaker that ends, by a signal or by force, withdraws nothing; nor does its return without an agent", async () => {
  publishWorld(agent);
  completeWorld(agent);
  startSpeaker();
  await vi.waitFor(async () => expect(await rig.learned()).toHaveLength(4), patience);
  await vi.waitFor(() => expect(agent.reports.length).toBeGreaterThan(0), patience);
  const removals = watchRemovals();
  await endSpeaker("SIGTERM");
  expect(speaker?.exitCode).toBe(0);
  agent.stop();
  startSpeaker();
  await logged("starting from what is on disk");
  await vi.waitFor(async () => expect((await page("readyz")).trim()).toBe("ok"), patience);
  await endSpeaker("SIGKILL");
  await rm(join(folder, "speaker.json"));
  startSpeaker();
  await logged('"from":"none","install":8,"originate":4');
  await vi.waitFor(async () => expect((await page("readyz")).trim()).toBe("ok"), patience);
  expect(await hops("10.97.0.9/32")).toHaveLength(3);
  expect(await rig.learned()).toHaveLength(4);
  expect(removals()).toEqual([]);
  await rig.loseKernelRoute("10.97.0.9/32");
  await vi.waitFor(() => expect(removals()).not.toEqual([]), patience);
});

test("an agent that knows nothing yet removes nothing; one that knows removes", async () => {
  publishWorld(agent);
  completeWorld(agent);
  startSpeaker();
  await vi.waitFor(async () => expect(await hops("10.97.0.9/32")).toHaveLength(3), patience);
  agent.stop();
  agent = new FakeAgent();
  await agent.start(folder);
  agent.put({ kind: "member", origin: "", namespace: "" }, "a", { incarnation: "1", ranges: [], asn: 0 });
  await vi.waitFor(() => expect(agent.reports.length).toBeGreaterThan(1), patience);
  expect(await hops("10.97.0.9/32")).toHaveLength(3);
  publishWorld(agent);
  completeWorld(agent);
  unexport(agent);
  await vi.waitFor(async () => expect(await hops("10.97.0.9/32")).toBeUndefined(), patience);
  await vi.waitFor(
    async () => expect(await rig.learned()).toEqual(["10.100.1.0/24", "fd00:100:1::/64"]),
    patience,
  );
  expect(await hops("10.110.2.0/24")).toEqual(["10.10.0.12"]);
});

test("after a reboot nothing is announced before kube-proxy has synced", async () => {
  publishWorld(agent);
  completeWorld(agent);
  startSpeaker("--kube-proxy-metrics", "http://127.0.0.1:10249/metrics");
  await vi.waitFor(async () => expect(await hops("10.97.0.9/32")).toHaveLength(3), patience);
  await vi.waitFor(() => expect(routesObserved()).toBe(8), patience);
  expect(await rig.ask('show route where proto ~ "sealane_originate*"')).toBe("");
  const written = "kubeproxy_sync_proxy_rules_last_timestamp_seconds 1.7964e+09";
  const serve = `require("http").createServer((q, r) => r.end("${written}")).listen(10249, "127.0.0.1")`;
  monitors.push(
    spawn("ip", ["netns", "exec", rig.namespace, process.execPath, "-e", serve], { stdio: "ignore" }),
  );
  await vi.waitFor(async () => expect(await rig.learned()).toHaveLength(4), patience);
});

test.each([
  ["boot", 0],
  ["static", 4],
] as const)(
  "after a reboot, without agent and kube-proxy, origins %s announce %d prefixes",
  async (origins, count) => {
    publishWorld(agent);
    completeWorld(agent);
    startSpeaker("--origins", origins);
    await vi.waitFor(async () => expect(await rig.learned()).toHaveLength(4), patience);
    await vi.waitFor(() => expect(routesObserved()).toBe(12), patience);
    await endSpeaker("SIGKILL");
    agent.stop();
    await rig.killDaemon();
    await rm(dirname(rig.ports.paths.originatePath), { recursive: true });
    await rig.startDaemon();
    await vi.waitFor(async () => expect(await rig.learned()).toEqual([]), patience);
    startSpeaker("--origins", origins, "--kube-proxy-metrics", "http://127.0.0.1:10249/metrics");
    await logged(`"install":8,"originate":${count}`);
    await vi.waitFor(async () => expect((await page("readyz")).trim()).toBe("ok"), patience);
    await vi.waitFor(async () => expect(await rig.learned()).toHaveLength(count), patience);
    expect(await hops("10.97.0.9/32")).toHaveLength(3);
  },
);

test("a token that is not accepted is said, and tried again with what the file has then", async () => {
  publishWorld(agent);
  await writeFile(join(folder, "token"), "another");
  startSpeaker();
  await logged("token is not accepted");
  expect(agent.refused[0]).toBe("Bearer another as a1 of a");
  await writeFile(join(folder, "token"), fakeToken);
  await vi.waitFor(async () => expect(await hops("10.97.0.9/32")).toHaveLength(3), patience);
});

const patience = { timeout: 20_000, interval: 20 };

function startSpeaker(...more: readonly string[]): void {
  const { paths, control } = rig.ports;
  const flags = {
    "--node": "a1",
    "--agent": `unix:${join(folder, "agent.sock")}`,
    "--token-file": join(folder, "token"),
    "--ca-file": join(folder, "ca.crt"),
    "--bird-socket": control.socketPath,
    "--include-file": paths.installPath,
    "--originate-file": paths.originatePath,
    "--state-file": join(folder, "speaker.json"),
  };
  const main = new URL("main.ts", import.meta.url).pathname;
  const argv = [
    "netns",
    "exec",
    rig.namespace,
    process.execPath,
    main,
    ...Object.entries(flags).flat(),
    ...more,
  ];
  log = "";
  speaker = spawn("ip", argv, { stdio: ["ignore", "pipe", "inherit"] });
  speaker.stdout?.on("data", (text: Buffer) => (log += text.toString()));
}

async function endSpeaker(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (speaker === undefined || speaker.exitCode !== null || speaker.signalCode !== null) return;
  const ended = once(speaker, "exit");
  speaker.kill(signal);
  await ended;
}

/** How many routes the last report calls observed. */
function routesObserved(): number | undefined {
  return agent.reports.at(-1)?.counts.find(({ kind }) => kind === "routes")?.observed;
}

async function logged(text: string): Promise<void> {
  await vi.waitFor(() => expect(log).toContain(text), patience);
}

/** A page of the speaker's, asked from inside its network namespace. */
async function page(path: string): Promise<string> {
  const ask = `fetch("http://127.0.0.1:9466/${path}").then(async (r) => console.log(await r.text()), () => console.log("no answer"))`;
  return (await run("ip", ["netns", "exec", rig.namespace, process.execPath, "-e", ask])).stdout;
}

/** Next hops of BIRD's route in the node's kernel; undefined when there is none. */
async function hops(prefix: string): Promise<readonly string[] | undefined> {
  const routes = await rig.ports.kernel.routes();
  return routes.find((route) => route.prefix === prefix && route.protocol === "bird")?.nextHops;
}

/** Removals of routes from the node's kernel from now on. */
function watchRemovals(): () => readonly string[] {
  let heard = "";
  watchRoutes((text) => (heard += text));
  return () => heard.split("\n").filter((line) => line.startsWith("Deleted"));
}

/** Every change of a route in the node's kernel, as `ip monitor` writes it, until the test ends. */
function watchRoutes(onText: (text: string) => void): void {
  const monitor = spawn("ip", ["-n", rig.namespace, "monitor", "route"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  monitor.stdout.on("data", (text: Buffer) => onText(text.toString()));
  monitors.push(monitor);
}
