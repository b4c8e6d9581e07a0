// `npm run check`: every static check, in sequence, each with its answer. `npm test` runs the same list.

import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interruption, root, runProgram } from "./program.ts";

/** One static check. */
export interface Check {
  readonly name: string;
  /** Gives what is wrong, for a person; empty when nothing is. */
  readonly run: (signal: AbortSignal) => Promise<string>;
}

const checkTimeoutMs = 300_000;

/** Every static check except the tidy tests, which the unit project runs too. */
export const staticChecks: readonly Check[] = [
  program("proto: lint", ["buf", "lint"]),
  program("proto: format", ["buf", "format", "--diff", "--exit-code"]),
  { name: "proto: generated code is current", run: generatedIsCurrent },
  program("format", ["oxfmt", "--check"]),
  program("types", ["tsc", "-p", "tsconfig.json"]),
  program("types of core, with no platform", ["tsc", "-p", "services/core/tsconfig.json", "--noEmit"]),
  program("lint", ["oxlint", "--type-aware"]),
  program("unused files, exports and dependencies", ["knip"]),
];

/** The repository's own rules: direction of imports, purity, size, words, documents. */
const tidy = program("tidy tests", ["vitest", "run", "--project", "unit", "test/tidy"]);

/** The static checks and the tidy tests. */
export const allChecks: readonly Check[] = [...staticChecks, tidy];

/** How many passed and failed. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** Runs checks one after another and says each one's answer as it comes. All run, whatever fails. */
export async function runChecks(checks: readonly Check[], signal: AbortSignal): Promise<Tally> {
  const failures: string[] = [];
  for (const check of checks) {
    const started = performance.now();
    const wrong = signal.aborted ? "was interrupted" : await check.run(signal);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${wrong === "" ? "ok  " : "FAIL"}  ${seconds.padStart(5)} s  ${check.name}`);
    if (wrong === "") continue;
    failures.push(check.name);
    console.log(wrong.trimEnd().replaceAll(/^/gm, "      | "));
  }
  if (failures.length > 0) console.log(`failed checks: ${failures.join("; ")}`);
  return { passed: checks.length - failures.length, failed: failures.length };
}

function program(name: string, argv: readonly string[]): Check {
  return {
    name,
    run: async (signal) => {
      const ended = await runProgram(argv, { output: "keep", timeoutMs: checkTimeoutMs, signal });
      if (ended.status === 0 && ended.fault === "") return "";
      return `${ended.output}\n"${argv.join(" ")}" ${ended.fault || `ended with status ${ended.status}`}`;
    },
  };
}

/** Generates anew beside the repository and compares file by file. */
async function generatedIsCurrent(signal: AbortSignal): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sealane-generate-"));
  try {
    const ended = await runProgram(["buf", "generate", "-o", folder], {
      output: "keep",
      timeoutMs: checkTimeoutMs,
      signal,
    });
    if (ended.status !== 0) return `${ended.output}\n${ended.fault}`;
    const generated = "services/wire/src/generated";
    const [want, have] = await Promise.all([
      contents(join(folder, generated)),
      contents(join(root, generated)),
    ]);
    const paths = [...new Set([...want.keys(), ...have.keys()])].toSorted();
    const stale = paths.filter((path) => want.get(path) !== have.get(path));
    return stale.length === 0 ? "" : `Not what proto says now; run "npm run generate": ${stale.join(", ")}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function contents(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = files.map(
    async (path) => [path.slice(folder.length + 1), await readFile(path, "utf8")] as const,
  );
  return new Map(await Promise.all(pairs));
}

if (import.meta.main) {
  const { passed, failed } = await runChecks(allChecks, interruption());
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}
