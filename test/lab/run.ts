// Runs one program to its end. It owns deadlines and error text; it starts nothing that stays.

import { spawn } from "node:child_process";

/** What a finished program left. */
export interface Finished {
  /** Exit status; 128 + n after signal n is not made up: a signal gives -1. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a program. */
export interface RunOptions {
  /** Bytes for its standard input; none by default. */
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** After so many milliseconds it is killed and the run fails. */
  readonly timeoutMs?: number;
}

/** Deadline of a run that names none, in milliseconds. */
const runTimeoutMs = 60_000;

/** Runs a program and gives what it left, whatever its exit status. Throws when it cannot start or takes too long. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [program = "", ...args] = argv;
  const timeoutMs = options.timeoutMs ?? runTimeoutMs;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: "pipe",
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const started = Date.now();
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", (cause) => reject(new Error(`Cannot start "${argv.join(" ")}"`, { cause })));
    child.on("close", (status) => {
      if (status === null && Date.now() - started >= timeoutMs) {
        reject(new Error(`"${argv.join(" ")}" did not end within ${timeoutMs / 1000} s and was killed`));
        return;
      }
      resolve({
        status: status ?? -1,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    // A program that ends without reading its input is judged by its status, not by this pipe.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
  });
}

/** Runs a program that must succeed and gives its standard output; throws with its error text otherwise. */
export async function output(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const finished = await run(argv, options);
  if (finished.status !== 0) {
    const text = (finished.stderr + finished.stdout).trim().slice(-4000);
    throw new Error(`"${argv.join(" ")}" ended with status ${finished.status}: ${text}`);
  }
  return finished.stdout;
}
