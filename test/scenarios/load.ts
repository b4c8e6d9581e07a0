// Steady load from a cluster's client pod: new connections at a rate (`load`) or connections that are kept (`hold`),
// each failure with its time and reason. It judges nothing: a story must first see it fail.

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { program, waitUntil } from "../lab/index.ts";
import type { LabCluster } from "../lab/index.ts";
import { Hopeless } from "../lab/wait.ts";
import { shop } from "./story.ts";

/** One attempt that failed. */
export interface LoadFailure {
  /** When it began. */
  readonly atUnixMs: number;
  readonly target: string;
  readonly stage: "lookup" | "connect" | "exchange";
  readonly error: string;
  readonly tookMs: number;
}

/** One target's counts since the start. */
export interface LoadTally {
  readonly target: string;
  readonly attempts: number;
  readonly failures: number;
  /** Attempts that the generator was too late for. */
  readonly missed: number;
  /** Of the attempts that succeeded. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
}

/** One connection that is kept. */
export interface Flow {
  readonly atUnixMs: number;
  readonly target: string;
  readonly flow: number;
  /** Who answered over it first; empty when it never opened. */
  readonly pod: string;
  /** Empty while it holds. */
  readonly error: string;
}

/** One target's kept connections. */
export interface FlowTally {
  readonly target: string;
  readonly open: number;
  readonly broken: number;
  readonly exchanges: number;
}

/** Load that runs. */
export interface Load {
  readonly failures: readonly LoadFailure[];
  /** The newest tallies; empty before the first second. */
  readonly tallies: () => readonly LoadTally[];
  /** Waits until each target was attempted so many more times. */
  readonly more: (attempts: number) => Promise<void>;
  /** Ends it and gives its last tallies. */
  readonly close: () => Promise<readonly LoadTally[]>;
}

/** Connections that are kept. */
export interface Flows {
  readonly opened: readonly Flow[];
  readonly broken: readonly Flow[];
  readonly close: () => Promise<readonly FlowTally[]>;
}

type Line = Partial<{
  failure: LoadFailure;
  opened: Flow;
  broke: Flow;
  tallies: readonly LoadTally[] & readonly FlowTally[];
}>;

const closeTimeoutMs = 20_000;

/** A URL over one address family. A name should end with a dot, so that it is one question and not a search. */
export function target(family: "v4" | "v6", url: string): string {
  return `${family === "v4" ? "tcp4" : "tcp6"}=${url}`;
}

/** Opens new connections to each target at a rate, in connections a second; resolves with the first tallies. */
export async function startLoad(
  cluster: LabCluster,
  { rate, targets, deadlineMs = 2_000 }: { rate: number; targets: readonly string[]; deadlineMs?: number },
): Promise<Load> {
  const failures: LoadFailure[] = [];
  let tallies: readonly LoadTally[] = [];
  const running = inClient(
    cluster,
    ["load", "-rate", String(rate), "-deadline", `${deadlineMs}ms`, ...targets],
    (line) => {
      if (line.failure !== undefined) failures.push(line.failure);
      if (line.tallies !== undefined) tallies = line.tallies;
    },
  );
  const attempts = () => Math.min(...targets.map((each) => attemptsOf(tallies, each)));
  const more = async (count: number) => {
    const before = attempts();
    const timeoutMs = (count / rate) * 2_000 + 10_000;
    await waitUntil({ what: `${count} more attempts to each target`, timeoutMs }, () => {
      const { exitCode } = running.child;
      if (exitCode !== null) throw new Hopeless(`The load ended with status ${exitCode}`);
      return attempts() >= before + count;
    });
  };
  await more(1);
  const close = async () => {
    await end(running);
    return tallies;
  };
  return { failures, tallies: () => tallies, more, close };
}

/** Opens so many connections to each target and keeps them; resolves when each has answered or failed once. */
export async function startFlows(
  cluster: LabCluster,
  { flows, targets }: { flows: number; targets: readonly string[] },
): Promise<Flows> {
  const opened: Flow[] = [];
  const broken: Flow[] = [];
  let tallies: readonly FlowTally[] = [];
  const running = inClient(cluster, ["hold", "-flows", String(flows), ...targets], (line) => {
    if (line.opened !== undefined) opened.push(line.opened);
    if (line.broke !== undefined) broken.push(line.broke);
    if (line.tallies !== undefined) tallies = line.tallies;
  });
  await waitUntil(
    { what: `${flows} connections to each of ${targets.join(", ")}`, timeoutMs: 20_000 },
    () => opened.length + broken.filter(({ pod }) => pod === "").length === flows * targets.length,
  );
  const close = async () => {
    await end(running);
    return tallies;
  };
  return { opened, broken, close };
}

/** The counts as text for a person, one line a target. */
export function printTallies(title: string, tallies: readonly LoadTally[]): void {
  const lines = tallies.map(
    ({ target: each, attempts, failures, missed, medianMs, p99Ms, slowestMs }) =>
      `  ${each}: ${attempts} connections, ${failures} failed, ${missed} not begun in time, ` +
      `p50 ${medianMs} ms, p99 ${p99Ms} ms, slowest ${slowestMs} ms`,
  );
  console.log([title, ...lines].join("\n"));
}

/** Failures as text, the same ones counted: `3 x lookup over tcp4=...: i/o timeout`. */
export function countFailures(failures: readonly LoadFailure[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { target: each, stage, error } of failures) {
    // Ports of single connections would make each failure one of its own.
    const text = `${stage} over ${each}: ${error.replaceAll(/\S+:\d+->/g, "")}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${count} x ${text}`);
}

function attemptsOf(tallies: readonly LoadTally[], wanted: string): number {
  return tallies.find((tally) => tally.target === wanted)?.attempts ?? 0;
}

interface Running {
  readonly child: ChildProcess;
  /** Resolves with its status when it has ended and everything that it said was heard. */
  readonly ended: Promise<number>;
}

function inClient(cluster: LabCluster, argv: readonly string[], onLine: (line: Line) => void): Running {
  const child = spawn(
    program("kubectl"),
    [`--kubeconfig=${cluster.kubeconfig}`, "-n", shop, "exec", "-i", "client", "--", ...argv],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  createInterface({ input: child.stdout }).on("line", (text) => onLine(JSON.parse(text) as Line));
  const ended = new Promise<number>((resolve) => child.once("close", (status) => resolve(status ?? -1)));
  return { child, ended };
}

/** By the end of its input: kubectl passes no signal on. */
async function end({ child, ended }: Running): Promise<void> {
  child.stdin?.end();
  const late = setTimeout(() => child.kill("SIGKILL"), closeTimeoutMs);
  const status = await ended;
  clearTimeout(late);
  if (status !== 0) throw new Error(`The load ended with status ${status}`);
}
