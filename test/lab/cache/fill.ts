// Fills one folder of the cache exactly once. A fill that dies half way leaves only a folder that the
// next one removes; a folder with the final name is always whole.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cacheDirectory } from "../paths.ts";
import { step } from "../progress.ts";

/** One folder of the cache. */
export interface Entry {
  /** Names the folder together with the key. */
  readonly name: string;
  /** Everything that decides the content; another key is another folder. */
  readonly key: string;
  /** Completes a progress line: "building kubelet". */
  readonly doing: string;
  /** Puts the content into the empty folder it is given. */
  readonly build: (directory: string) => Promise<void>;
}

/** A short key over texts: the same texts in the same order give the same key. */
export function keyOf(...texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest("hex").slice(0, 16);
}

/** The path of the entry's folder, filled first if it is not there. */
export async function fill(entry: Entry): Promise<string> {
  const directory = join(cacheDirectory, `${entry.name}-${entry.key}`);
  if (existsSync(directory)) return directory;
  await mkdir(dirname(directory), { recursive: true });
  await removeAbandoned(directory);
  const temporary = `${directory}.building-${process.pid}`;
  await mkdir(temporary);
  try {
    await step(entry.doing, () => entry.build(temporary));
    await rename(temporary, directory);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Someone else may have filled the same folder meanwhile; the contents are equal.
    if (!existsSync(directory)) throw error;
  }
  return directory;
}

async function removeAbandoned(directory: string): Promise<void> {
  const prefix = `${basename(directory)}.building-`;
  for (const name of await readdir(dirname(directory))) {
    if (!name.startsWith(prefix)) continue;
    const builder = name.slice(prefix.length);
    if (!existsSync(`/proc/${builder}`)) {
      await rm(join(dirname(directory), name), { recursive: true, force: true });
    }
  }
}
