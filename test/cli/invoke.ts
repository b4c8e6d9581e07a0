// Invokes the command line: inside this process with its surroundings as values, or as the real program.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ExitCode } from "@sealane/cli";
import { run } from "@sealane/cli";
import { now } from "../../services/cli/src/views/fixtures.testing.ts";

/** What an invocation left. */
export interface Invoked<Code = ExitCode> {
  readonly code: Code;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program's file. */
export const programPath = resolve(import.meta.dirname, "../../services/cli/src/main.ts");

/** Runs `sealane` in this process, without colour, at `at` or the fixtures' time. */
export function invoke(
  argv: readonly string[],
  options: { readonly config?: string; readonly signal?: AbortSignal; readonly at?: number } = {},
): Promise<Invoked> {
  return start(argv, options).ended;
}

/** Runs `sealane` in this process until it is interrupted; its output can be looked at meanwhile. */
export function follow(argv: readonly string[], options: { readonly config: string; readonly at: number }) {
  const interruption = new AbortController();
  const { ended, stdout, stderr } = start(argv, { ...options, signal: interruption.signal });
  return { ended, stdout, stderr, interrupt: () => interruption.abort() };
}

function start(
  argv: readonly string[],
  options: { readonly config?: string; readonly signal?: AbortSignal; readonly at?: number },
): { readonly ended: Promise<Invoked>; readonly stdout: () => string; readonly stderr: () => string } {
  let [stdout, stderr] = ["", ""];
  const ended = run(argv, {
    stdout: { write: (text) => void (stdout += text), colour: false },
    stderr: { write: (text) => void (stderr += text), colour: false },
    env: options.config === undefined ? {} : { SEALANE_CONFIG: options.config },
    home: "/nonexistent",
    now: () => options.at ?? now,
    signal: options.signal ?? new AbortController().signal,
  });
  return {
    ended: ended.then((code) => ({ code, stdout, stderr })),
    stdout: () => stdout,
    stderr: () => stderr,
  };
}

/** Runs a shell line with `$SEALANE` as the real program; gives its exit status, 128 + n after signal n. */
export function shell(
  line: string,
  env: Readonly<Record<string, string>> = {},
): { readonly ended: Promise<Invoked<number>>; readonly interrupt: () => void } {
  const SEALANE = `"${process.execPath}" "${programPath}"`;
  const child = spawn("bash", ["-o", "pipefail", "-c", line.replaceAll("$SEALANE", SEALANE)], {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    timeout: 15_000,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Invoked<number>>((done, reject) => {
    child.on("error", reject);
    child.on("close", (status) => done({ code: status ?? -1, stdout, stderr }));
  });
  return { ended, interrupt: () => process.kill(-(child.pid ?? 0), "SIGINT") };
}

/** A folder of configurations that goes when it is closed. */
export async function configFolder() {
  const folder = await mkdtemp(join(tmpdir(), "sealane-cli-"));
  return {
    folder,
    /** Writes a file and gives its path. */
    write: async (file: string, text: string): Promise<string> => {
      const path = join(folder, file);
      await writeFile(path, text, { mode: 0o600 });
      return path;
    },
    close: () => rm(folder, { recursive: true }),
  };
}
