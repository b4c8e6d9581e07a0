// `npm test`: static checks, unit tests, then the lab's tests, with one closing line. It sets nothing up
// (setup.sh did) and leaves nothing out that this machine can run; what it cannot, it names with the reason. The
// long stories run with --full, and are named without it.

import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { allChecks, runChecks, staticChecks } from "./check.ts";
import type { Tally } from "./check.ts";
import { labRemains } from "./lab-remains.ts";
import { down, openLab } from "./lab/index.ts";
import { missingRequirements } from "./lab/requirements.ts";
import { interruption, runProgram } from "./program.ts";
import { count } from "./vitest-report.ts";
import type { VitestReport } from "./vitest-report.ts";

const parts = ["check", "unit", "lab"] as const;
type Part = (typeof parts)[number];

/** Whether the stories that take many minutes each run too. */
type Extent = "usual" | "full";

const unitTimeoutMs = 15 * 60_000;
const labTimeoutMs = 55 * 60_000;

/** The behaviours of the Multi-Cluster Services API: they must hold each time, so --full shows them so often. */
const behaviours = "test/scenarios/mcs";
const behaviourRuns = 3;

/** Runs the wanted parts in order; the sum of what passed and failed. */
async function runParts({ wanted, extent }: Wanted, signal: AbortSignal): Promise<Tally> {
  let [passed, failed] = [0, 0];
  const add = (tally: Tally) => {
    passed += tally.passed;
    failed += tally.failed;
  };
  if (wanted.includes("check")) {
    title("static checks");
    add(await runChecks(wanted.includes("unit") ? staticChecks : allChecks, signal));
  }
  if (wanted.includes("unit") && !signal.aborted) {
    title("unit tests");
    add(await runVitest("unit", unitTimeoutMs, signal));
  }
  if (wanted.includes("lab") && !signal.aborted) {
    title("lab tests: real clusters, routers and packets");
    add(await runLab(extent, signal));
  }
  return { passed, failed };
}

/** On root Debian x86-64 a missing requirement is a failure; anywhere else it is said and counted as nothing. */
async function runLab(extent: Extent, signal: AbortSignal): Promise<Tally> {
  const missing = await missingRequirements();
  if (missing.length === 0) return runLabParts(extent, signal);
  console.log(
    `NOT RUN: the lab's tests. They need a machine that this one is not; missing: ${missing.join("; ")}`,
  );
  return { passed: 0, failed: (await isLabPlatform()) ? 1 : 0 };
}

/** The parts by themselves first, then the stories on whole clusters; what they brought up is taken down again. */
async function runLabParts(extent: Extent, signal: AbortSignal): Promise<Tally> {
  // Daemons of somebody else, in namespaces of their own, are not the lab's to end.
  const foreign = new Set(await labRemains());
  const tallies = [await runVitest("lab", labTimeoutMs, signal)];
  const before = await openLab().catch(() => undefined);
  if (!signal.aborted) tallies.push(await runVitest("stories", labTimeoutMs, signal));
  if (extent === "full" && !signal.aborted) tallies.push(await runVitest("full", labTimeoutMs, signal));
  const repeats = extent === "full" ? behaviourRuns - 1 : 0;
  for (let done = 0; done < repeats && !signal.aborted; done++)
    tallies.push(await runVitest("stories", labTimeoutMs, signal, [behaviours]));
  if (extent === "usual")
    console.log(`left to "npm run test:lab -- --full": ${(await longStories()).join(", ")}`);
  if (before === undefined) tallies.push(await takeDown(foreign));
  return {
    passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
    failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** `lab down`, and an independent look at what it must not leave. */
async function takeDown(foreign: ReadonlySet<string>): Promise<Tally> {
  try {
    await down();
    const left = (await labRemains()).filter((each) => !foreign.has(each));
    if (left.length > 0) throw new Error(`it left ${left.join(", ")}`);
    console.log("ok    lab down leaves no process, namespace, mount or link");
    return { passed: 1, failed: 0 };
  } catch (error) {
    console.log(`FAIL  lab down: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1 };
  }
}

async function isLabPlatform(): Promise<boolean> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const debian = /^ID=debian$/m.test(release);
  return debian && process.platform === "linux" && process.arch === "x64" && process.getuid?.() === 0;
}

async function runVitest(
  project: "unit" | "lab" | "stories" | "full",
  timeoutMs: number,
  signal: AbortSignal,
  files: readonly string[] = [],
): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), "sealane-test-"));
  try {
    const report = join(folder, "report.json");
    const argv = ["vitest", "run", ...files, "--project", project, "--reporter=default", "--reporter=json"];
    const ended = await runProgram([...argv, `--outputFile.json=${report}`], {
      output: "show",
      timeoutMs,
      signal,
    });
    const text = await readFile(report, "utf8").catch(() => undefined);
    if (text === undefined) {
      console.log(`FAIL  vitest left no report: ${ended.fault || `status ${ended.status}`}`);
      return { passed: 0, failed: 1 };
    }
    const tally = count(JSON.parse(text) as VitestReport, ended.fault === "" ? ended.status : undefined);
    for (const remark of tally.remarks) console.log(`FAIL  ${remark}`);
    return tally;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function title(text: string): void {
  console.log(`\n== ${text}`);
}

/** The stories that only --full tells. */
async function longStories(): Promise<string[]> {
  const suffix = ".full.lab.test.ts";
  const files = await readdir(join(import.meta.dirname, "scenarios"));
  return files.filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length));
}

/** What the command line asks for. */
interface Wanted {
  readonly wanted: readonly Part[];
  readonly extent: Extent;
}

function wantedParts(): Wanted | string {
  try {
    const { only, full } = parseArgs({
      options: { only: { type: "string" }, full: { type: "boolean" } },
    }).values;
    const wanted = parts.filter((part) => only === undefined || part === only);
    if (wanted.length === 0) return `unknown part "${only}"`;
    return { wanted, extent: full === true ? "full" : "usual" };
  } catch (error) {
    return (error as Error).message;
  }
}

const wanted = wantedParts();
if (typeof wanted === "string") {
  console.error(`Cannot run the tests: ${wanted}. Usage: npm test -- [--only ${parts.join("|")}] [--full]`);
  process.exitCode = 2;
} else {
  const signal = interruption();
  const { passed, failed } = await runParts(wanted, signal);
  if (signal.aborted) console.log("interrupted: what came after was not run");
  console.log(`${passed} passed, ${failed} failed`);
  if (signal.aborted) process.exitCode = 130;
  else if (failed > 0) process.exitCode = 1;
}
