// The manifest files of a tree, read only where their stamp on disk changed. It parses nothing; a file that cannot be
// read is told with its reason, and so is a tree that has more or larger files than the bounds.

import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileStamp } from "../../directory/replace-file.ts";

/** A file with more bytes is not read: parsing takes about a second for each MiB, and a session is silent meanwhile. */
const fileBytesMax = 8 * 1024 * 1024;
/** A tree with more files, or more folders, is not read at all. */
const filesMax = 10_000;

/** One file as it was found. */
export interface FoundFile {
  /** Changes when the file may have: device, inode, size and both times. */
  readonly stamp: string;
  /** Its text, unless the stamp was known already. */
  readonly text: string | undefined;
  /** Why it could not be read; then there is no text. */
  readonly problem: string | undefined;
}

/** A whole tree. */
export interface FoundTree {
  /** Files by their path under the root, with forward slashes, sorted. */
  readonly files: ReadonlyMap<string, FoundFile>;
  /** Absolute paths of the folders in it, the root first. */
  readonly folders: readonly string[];
}

/**
 * Reads every `*.yaml` and `*.yml` under the root whose stamp is not the known one; hidden names are passed over.
 * Rejects when a folder cannot be listed or a bound is passed: half a tree is no tree.
 */
export async function readTree(
  root: string,
  known: (file: string) => string | undefined,
): Promise<FoundTree> {
  const folders = [root];
  const names: string[] = [];
  for (let at = 0; at < folders.length; at++) {
    const folder = folders[at] ?? root;
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (/\.ya?ml$/.test(entry.name)) names.push(path.slice(root.length).replace(/^\/+/, ""));
    }
    if (names.length > filesMax || folders.length > filesMax)
      throw new Error(`it has more than ${filesMax} files or folders, and no more are read`);
  }
  const files = new Map<string, FoundFile>();
  for (const name of names.toSorted()) {
    const found = await readOne(join(root, name), known(name));
    if (found !== undefined) files.set(name, found);
  }
  return { files, folders };
}

/** Undefined when it is gone meanwhile, or no file. */
async function readOne(path: string, known: string | undefined): Promise<FoundFile | undefined> {
  try {
    const before = await stamp(path);
    if (before === undefined) return undefined;
    if (before.text === known) return { stamp: before.text, text: undefined, problem: undefined };
    if (before.bytes > fileBytesMax)
      return { stamp: before.text, text: undefined, problem: tooLarge(before.bytes) };
    return { stamp: before.text, text: await readFile(path, "utf8"), problem: undefined };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return { stamp: "", text: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function stamp(path: string): Promise<{ text: string; bytes: number } | undefined> {
  const found = await stat(path, { bigint: true });
  if (!found.isFile()) return undefined;
  return { text: `${fileStamp(found)}:${found.ctimeNs}`, bytes: Number(found.size) };
}

function tooLarge(bytes: number): string {
  return `it has ${bytes} bytes, and at most ${fileBytesMax} are read; split it`;
}
