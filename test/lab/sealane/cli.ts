// The command line `sealane` against the lab's hub, in this process.

import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "@sealane/cli";
import { sealaneDirectory } from "../paths.ts";

/** The command line's configuration for people and tests; `SEALANE_CONFIG` names it. */
export const sealaneConfig = join(sealaneDirectory, "config.yaml");

/** What one invocation left. */
export interface Invoked {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `sealane` with these arguments as the lab's administrator, whatever its exit code. */
export async function invokeSealane(argv: readonly string[]): Promise<Invoked> {
  let stdout = "";
  let stderr = "";
  const exitCode = await run(argv, {
    stdout: { write: (text) => void (stdout += text), colour: false },
    stderr: { write: (text) => void (stderr += text), colour: false },
    env: { SEALANE_CONFIG: sealaneConfig },
    home: homedir(),
    now: Date.now,
    signal: new AbortController().signal,
  });
  return { exitCode, stdout, stderr };
}

/** Runs `sealane`, which must answer yes, and gives its standard output; throws with its error text otherwise. */
export async function sealane(...argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await invokeSealane(argv);
  if (exitCode !== 0) {
    throw new Error(
      `"sealane ${argv.join(" ")}" ended with exit code ${exitCode}: ${(stderr || stdout).trim()}`,
    );
  }
  return stdout;
}
