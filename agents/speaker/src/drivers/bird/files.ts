// The two files of the include on disk: read, staged beside their place, and put in place by rename. It
// knows nothing of what is in them.

import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Where the files are. */
export interface IncludePaths {
  /** On disk, included by the operator's main file. */
  readonly installPath: string;
  /** On a tmpfs. */
  readonly originatePath: string;
}

/** What is in place; undefined for a file that is not there. */
export interface PlacedText {
  readonly install: string | undefined;
  readonly originate: string | undefined;
}

/** Where a file waits until it was checked. */
export function stagedPath(path: string): string {
  return `${path}.staged`;
}

/** Reads what is in place. Rejects on anything but absence. */
export async function readPlaced({ installPath, originatePath }: IncludePaths): Promise<PlacedText> {
  const [install, originate] = await Promise.all([readIfThere(installPath), readIfThere(originatePath)]);
  return { install, originate };
}

/**
 * Puts the staged files in place. A crash in between leaves less announced, never more. Each is whole, but which
 * one a crash of the machine would leave is certain only after `syncPlaced`.
 */
export async function place({ installPath, originatePath }: IncludePaths): Promise<void> {
  await rename(stagedPath(installPath), installPath);
  await rename(stagedPath(originatePath), originatePath);
}

/** Waits until what is in place is what a crash of the machine would leave. The other part is on a tmpfs. */
export async function syncPlaced({ installPath }: IncludePaths): Promise<void> {
  await syncFolder(dirname(installPath));
}

/** Puts back what was in place before. */
export async function restore(paths: IncludePaths, before: PlacedText): Promise<void> {
  await restoreFile(paths.installPath, before.install);
  await restoreFile(paths.originatePath, before.originate);
  await syncFolder(dirname(paths.installPath));
}

/** Makes both folders, mode 0755: BIRD runs as a user of its own. */
export async function makeFolders({ installPath, originatePath }: IncludePaths): Promise<void> {
  await mkdir(dirname(installPath), { recursive: true, mode: 0o755 });
  await mkdir(dirname(originatePath), { recursive: true, mode: 0o755 });
}

/** Writes a file and waits until it is on its disk. */
export async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The file's text, or undefined when there is none. Rejects on any other failure. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function restoreFile(path: string, text: string | undefined): Promise<void> {
  if (text === undefined) return rm(path, { force: true });
  await writeSynced(stagedPath(path), text);
  await rename(stagedPath(path), path);
}

/** Waits until the names in a folder are on its disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
