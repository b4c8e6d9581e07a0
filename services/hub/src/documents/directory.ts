// The watched directory of documents. A file that cannot be read or is refused keeps its last good content;
// only a file that is gone takes its documents with it. Refuses to follow more or larger files than its bounds.

import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { declare } from "./declare.ts";
import type { Declaration } from "./declare.ts";
import { parseFile } from "./parse.ts";
import type { PlacedDocument } from "./parse.ts";

/** A file with more bytes is refused. */
const fileBytesMax = 1024 * 1024;
/** A directory with more files is refused as a whole. */
const filesMax = 10_000;
/** Editors and atomic replacement make several events of one change. */
const settleMs = 50;

/** The last good documents by file, as they are kept over a restart. */
export type GoodFiles = ReadonlyMap<string, readonly PlacedDocument[]>;

/** How to watch. */
export interface DirectoryOptions {
  readonly directory: string;
  /** The directory is read again this often, since file events can be lost. */
  readonly rereadMs: number;
  /** Last good files of an earlier run. */
  readonly good: GoodFiles;
  /** Called after every reading that changed anything, with the last good files to keep. */
  readonly onChange: (declaration: Declaration, good: GoodFiles) => void;
}

/** The directory as it was last read. */
export interface WatchedDirectory {
  readonly current: Declaration;
  /** Reads now; resolves when what was read is in `current`. */
  reread(): Promise<void>;
  close(): void;
}

/** Reads the directory and keeps watching it. */
export async function watchDirectory(options: DirectoryOptions): Promise<WatchedDirectory> {
  const watched = new Watched(options);
  await watched.reread();
  watched.start();
  return watched;
}

class Watched implements WatchedDirectory {
  current: Declaration = declare([]);
  readonly #options: DirectoryOptions;
  #good: GoodFiles;
  #shown = "";
  #watcher: FSWatcher | undefined;
  #settle: NodeJS.Timeout | undefined;
  #interval: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#good = options.good;
  }

  start(): void {
    this.#interval = setInterval(() => void this.reread(), this.#options.rereadMs);
    this.#listen();
  }

  reread(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    clearTimeout(this.#settle);
    clearInterval(this.#interval);
  }

  /** A directory that does not exist yet has no watcher; the slow re-reading finds it and comes back here. */
  #listen(): void {
    if (this.#watcher !== undefined || this.#closed) return;
    try {
      const watcher = watch(this.#options.directory, { persistent: false }, () => {
        clearTimeout(this.#settle);
        this.#settle = setTimeout(() => void this.reread(), settleMs);
      });
      watcher.on("error", () => {
        watcher.close();
        this.#watcher = undefined;
      });
      this.#watcher = watcher;
    } catch {
      this.#watcher = undefined;
    }
  }

  async #read(): Promise<void> {
    if (this.#closed) return;
    const { good, refused } = await readGoodFiles(this.#options.directory, this.#good);
    if (this.#interval !== undefined) this.#listen();
    const declaration = declare([...good.keys()].toSorted().flatMap((file) => good.get(file) ?? []));
    this.current = { declared: declaration.declared, refused: [...refused, ...declaration.refused] };
    this.#good = good;
    const shown = JSON.stringify([[...good], this.current.refused]);
    if (shown === this.#shown || this.#closed) return;
    this.#shown = shown;
    this.#options.onChange(this.current, good);
  }
}

interface Reading {
  readonly good: GoodFiles;
  readonly refused: readonly string[];
}

async function readGoodFiles(directory: string, before: GoodFiles): Promise<Reading> {
  let names: string[];
  try {
    names = (await readdir(directory)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).toSorted();
    if (names.length > filesMax)
      throw new Error(`it has ${names.length} files, and at most ${filesMax} are read`);
  } catch (error) {
    return {
      good: before,
      refused: [`${directory}:0: cannot be read, the last good documents hold: ${reasonOf(error)}`],
    };
  }
  const good = new Map<string, readonly PlacedDocument[]>();
  const refused: string[] = [];
  for (const name of names) {
    const outcome = await readDocuments(directory, name);
    const documents = outcome.documents ?? before.get(name);
    if (documents !== undefined) good.set(name, documents);
    if (outcome.faults !== undefined) refused.push(...outcome.faults);
  }
  return { good, refused };
}

async function readDocuments(directory: string, name: string): Promise<ReturnType<typeof parseFile>> {
  const path = join(directory, name);
  try {
    const { size } = await stat(path);
    if (size > fileBytesMax) throw new Error(`it has ${size} bytes, and at most ${fileBytesMax} are read`);
    return parseFile(name, await readFile(path, "utf8"));
  } catch (error) {
    return { faults: [`${name}:0: cannot be read: ${reasonOf(error)}`] };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
