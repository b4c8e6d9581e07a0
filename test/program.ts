// Runs the repository's programs for its tasks: output seen as it comes or kept, always with a deadline.
// A program runs in a process group of its own, so that ending it ends all that it started.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join, resolve } from "node:path";

/** The repository's root. */
export const root = resolve(import.meta.dirname, "..");

/** How to run a program. */
export interface ProgramOptions {
  /** `show` passes its output on as it comes, `keep` returns it. */
  readonly output: "show" | "keep";
  /** After this time it is ended, and that is a failure. */
  readonly timeoutMs: number;
  /** Ends it early when aborted. */
  readonly signal: AbortSignal;
}

/** What became of it. */
export interface Ended {
  /** Exit status; undefined when it was ended by a signal or never started. */
  readonly status: number | undefined;
  /** What it wrote, both streams in order, when kept. */
  readonly output: string;
  /** Why it did not end by itself, for a person; empty when it did. */
  readonly fault: string;
}

/** Time between asking a program to end and killing it. */
const graceMs = 30_000;

/** Runs a program from `node_modules/.bin` or PATH in the repository's root. Never rejects: a fault is an answer. */
export function runProgram(argv: readonly string[], options: ProgramOptions): Promise<Ended> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, {
    cwd: root,
    detached: true,
    env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}` },
    stdio: options.output === "show" ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
  });
  const kept: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => kept.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => kept.push(chunk));
  const text = () => Buffer.concat(kept).toString();
  const ending = endWhen(child, options);
  // What an ended program leaves behind would hold its output open, or live on.
  child.on("exit", () => {
    if (ending.fault() !== "") signalGroup(child, "SIGKILL");
  });
  return new Promise((done) => {
    child.on("error", (error) => {
      ending.dispose();
      done({
        status: undefined,
        output: text(),
        fault: `Cannot start "${argv.join(" ")}": ${error.message}`,
      });
    });
    child.on("close", (status, signal) => {
      ending.dispose();
      const fault = ending.fault() || (signal === null ? "" : `"${argv.join(" ")}" was ended by ${signal}`);
      done({ status: status ?? undefined, output: text(), fault });
    });
  });
}

/** Arranges that a program ends at its deadline or when it is no longer wanted. */
function endWhen(child: ChildProcess, options: ProgramOptions): { fault: () => string; dispose: () => void } {
  let fault = "";
  let kill: NodeJS.Timeout | undefined;
  const end = (why: string) => {
    fault ||= why;
    signalGroup(child, "SIGINT");
    kill ??= setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  };
  const deadline = setTimeout(
    () => end(`did not end within ${options.timeoutMs / 1000} s`),
    options.timeoutMs,
  );
  const interrupted = () => end("was interrupted");
  if (options.signal.aborted) interrupted();
  options.signal.addEventListener("abort", interrupted);
  return {
    fault: () => fault,
    dispose: () => {
      clearTimeout(deadline);
      clearTimeout(kill);
      options.signal.removeEventListener("abort", interrupted);
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A signal that aborts on the first SIGINT or SIGTERM to this process, which then ends by itself. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort(name));
  return controller.signal;
}
