// For tests: real CoreDNS processes in network namespaces of their own, and questions asked inside them.
// Nothing here reaches the machine's own network, and everything ends with `close`.

import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { Answer, RecordType, Server } from "./beacon.ts";

const execute = promisify(execFile);

/** iproute2, which every machine that can run the lab has. */
const iproute = "ip";

/** The lab's CoreDNS, built into its cache on first use; asked of a process, as the lab stands above the agents. */
export async function corednsPath(): Promise<string> {
  const programs = new URL("../../../../test/lab/cache/go-programs.ts", import.meta.url).href;
  const script = `const lab = await import(${JSON.stringify(programs)}); console.log(await lab.goProgram("coredns"));`;
  const { stdout } = await execute(process.execPath, ["--input-type=module", "-e", script]);
  return stdout.trim().split("\n").at(-1) ?? "";
}

/** A program that runs in a namespace. */
export interface Running {
  /** Everything it printed so far. */
  output(): string;
  /** Its exit status; undefined while it runs. */
  status(): number | undefined;
  stop(): Promise<void>;
}

/** A network namespace with its loopback up. */
export interface Namespace {
  readonly name: string;
  /** Runs `ip` in it. */
  ip(...words: readonly string[]): Promise<void>;
  start(program: string, words: readonly string[]): Running;
  /** `probe` of beacon.ts, asked in the namespace. */
  probe(name: string, type: RecordType, server: Server, deadlineMs: number): Promise<Answer>;
  /** The body of an HTTP answer in the namespace. */
  fetch(url: string): Promise<string>;
  close(): Promise<void>;
}

/** Makes a namespace. The name must be free. */
export async function openNamespace(name: string): Promise<Namespace> {
  await execute(iproute, ["netns", "add", name]);
  const ip = async (...words: readonly string[]) => {
    await execute(iproute, ["-n", name, ...words]);
  };
  await ip("link", "set", "lo", "up");
  const started: Running[] = [];
  const start = (program: string, words: readonly string[]) => {
    const running = startProgram(iproute, ["netns", "exec", name, program, ...words]);
    started.push(running);
    return running;
  };
  const ask = asker(name);
  return {
    name,
    ip,
    start,
    probe: async (...question) => (await ask.call("probe", question)) as Answer,
    fetch: async (url) => String(await ask.call("fetch", [url])),
    async close() {
      await ask.stop();
      await Promise.all(started.map((running) => running.stop()));
      await execute(iproute, ["netns", "delete", name]);
    },
  };
}

/** Looks every 50 ms until `seen` gives something; throws with `what` when the deadline passes. */
export async function eventually<T>(
  what: string,
  deadlineMs: number,
  seen: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await seen();
    if (value !== undefined) return value;
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await wait(50);
  }
}

function startProgram(program: string, words: readonly string[]): Running {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += String(part)));
  return { output: () => output, status: () => child.exitCode ?? undefined, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** One process in the namespace that answers calls line by line. */
function asker(namespace: string) {
  const script = `
    const { probe } = await import(${JSON.stringify(new URL("./beacon.ts", import.meta.url).href)});
    const calls = { probe, fetch: async (url) => (await fetch(url)).text() };
    const { createInterface } = await import("node:readline");
    for await (const line of createInterface({ input: process.stdin })) {
      const { id, call, parameters } = JSON.parse(line);
      calls[call](...parameters).then(
        (value) => console.log(JSON.stringify({ id, value })),
        (error) => console.log(JSON.stringify({ id, error: String(error) })),
      );
    }`;
  const words = ["netns", "exec", namespace, process.execPath, "--input-type=module", "-e", script];
  const child = spawn(iproute, words, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const reply = JSON.parse(line) as { id: number; value?: unknown; error?: string };
    if (reply.error === undefined) waiting.get(reply.id)?.resolve(reply.value);
    else waiting.get(reply.id)?.reject(new Error(reply.error));
    waiting.delete(reply.id);
  });
  let id = 0;
  return {
    call(call: "probe" | "fetch", parameters: readonly unknown[]): Promise<unknown> {
      id += 1;
      const reply = Promise.withResolvers<unknown>();
      waiting.set(id, reply);
      child.stdin.write(`${JSON.stringify({ id, call, parameters })}\n`);
      return reply.promise;
    },
    stop: () => end(child),
  };
}
