// Writes files that a machine has of its own: all below its /etc and /var. A machine sees them at once,
// as these folders are mounts of its state.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { machineState } from "../paths.ts";

/** Writes files (content by relative path) below a directory in the machine's /etc or /var; readable by root alone. */
export async function writeMachineFiles(
  machine: string,
  directory: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(machineState(machine), directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode: 0o600 });
  }
}
