// The two files of the include on disk: read, staged beside their place, and put in place by rename. It
// knows nothing of what is in them.
//
// A change touches the page cache only, and at once: handing it to a thread, on a node whose processors are busy, waits
// longer than the whole of it takes, and a disk that others keep busy answers after hundreds of milliseconds. A next hop
// that must go would wait with it. The disk is waited for afterwards (`syncPlaced`). A loss of power in between leaves
// the install part as it was before, or on a file system that does not write a renamed file first (XFS), empty: BIRD
// starts with either, and the speaker renews it.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
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

/** Reads what is in place. Throws on anything but absence. */
export function readPlaced({ installPath, originatePath }: IncludePaths): PlacedText {
  return { install: readIfThere(installPath), originate: readIfThere(originatePath) };
}

/**
 * Puts the staged files in place. A crash in between leaves less announced, never more. Each is whole, but which
 * one a crash of the machine would leave is certain only after `syncPlaced`.
 */
export function place({ installPath, originatePath }: IncludePaths): void {
  renameSync(stagedPath(installPath), installPath);
  renameSync(stagedPath(originatePath), originatePath);
}

/** Waits until what is in place is what a crash of the machine would leave. The other part is on a tmpfs. */
export async function syncPlaced({ installPath }: IncludePaths): Promise<void> {
  await syncPath(installPath);
  await syncPath(dirname(installPath));
}

/** Puts back what was in place before. */
export async function restore(paths: IncludePaths, before: PlacedText): Promise<void> {
  await restoreFile(paths.installPath, before.install);
  await restoreFile(paths.originatePath, before.originate);
  await syncPath(dirname(paths.installPath));
}

/** Makes both folders, mode 0755: BIRD runs as a user of its own. */
export async function makeFolders({ installPath, originatePath }: IncludePaths): Promise<void> {
  await mkdir(dirname(installPath), { recursive: true, mode: 0o755 });
  await mkdir(dirname(originatePath), { recursive: true, mode: 0o755 });
}

/** Writes a file and waits until it is on its disk. */
export async function writeSynced(path: string, text: string): Promise<void> {
  writeUnsynced(path, text);
  await syncPath(path);
}

/** Writes a file, mode 0644, and waits for no disk. */
export function writeUnsynced(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o644 });
}

/** The file's text, or undefined when there is none. Throws on any other failure. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
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

/** Waits until a file's content, or the names in a folder, are on its disk. */
export async function syncPath(path: string): Promise<void> {
  const opened = await open(path, "r");
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
