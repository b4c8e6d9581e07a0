// The folder of rendered files: writes a file only when its bytes change, whole, and touches none that does not begin
// with our mark. It decides nothing about what is in them.

import { readFile, readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileStamp, replaceFile } from "../../directory/replace-file.ts";
import { ForeignObject } from "../own-kind.ts";

/** What the first line of every file of ours says, after the comment sign of its format. */
const mark = "Written by sealane-agent";

/** The first line of a rendered file. Whoever takes it out has taken the file over. */
export function headLine(sign: "#" | ";"): string {
  return `${sign} ${mark}, which replaces it whole: edits are lost. Without this line the file is yours.`;
}

/** What was done to a file, for logs and tests. */
export type RenderedChange = { readonly action: "write" | "remove"; readonly path: string };

/** A folder; paths are relative to it. */
export class RenderedFolder {
  readonly root: string;
  readonly #onChange: (change: RenderedChange) => void;
  /** Files that are as they should be, with their stamps. */
  readonly #placed = new Map<string, string>();

  constructor(root: string, onChange: (change: RenderedChange) => void = () => {}) {
    this.root = root;
    this.#onChange = onChange;
  }

  /** Makes the file hold exactly this text, which begins with `headLine`. @throws ForeignObject, or the system's error */
  async write(path: string, text: string): Promise<void> {
    this.#placed.delete(path);
    const stamp = await this.#stamp(path);
    const held = await this.#read(path);
    if (held !== undefined && held !== text && !isOurs(held)) throw foreign(this.root, path);
    if (held === text && stamp !== undefined) {
      this.#placed.set(path, stamp);
      return;
    }
    this.#placed.set(path, await replaceFile(join(this.root, path), text));
    this.#onChange({ action: "write", path });
  }

  /** Removes the file if it is ours, and the folder that it leaves empty; gone already is well. */
  async remove(path: string): Promise<void> {
    this.#placed.delete(path);
    const held = await this.#read(path);
    if (held === undefined || !isOurs(held)) return;
    await rm(join(this.root, path), { force: true });
    this.#onChange({ action: "remove", path });
    if (dirname(path) !== ".") await rmdir(join(this.root, dirname(path))).catch(() => undefined);
  }

  /** Files that somebody else changed or removed since they were written; each is told once. */
  async changedByOthers(): Promise<readonly string[]> {
    const changed: string[] = [];
    for (const [path, stamp] of [...this.#placed]) {
      const now = await this.#stamp(path);
      if (now === stamp || this.#placed.get(path) !== stamp) continue;
      this.#placed.delete(path);
      changed.push(path);
    }
    return changed;
  }

  /** Absolute paths of the folders that files are in. */
  get folders(): readonly string[] {
    return [...new Set([".", ...[...this.#placed.keys()].map(dirname)])].map((path) => join(this.root, path));
  }

  /** The text of a file of ours; undefined when there is none, or it is somebody else's. */
  async readOwn(path: string): Promise<string | undefined> {
    const held = await this.#read(path);
    return held !== undefined && isOurs(held) ? held : undefined;
  }

  /** Names of what is in a folder, hidden ones left out, sorted; empty when there is no such folder. */
  async names(folder: string): Promise<readonly string[]> {
    try {
      const names = await readdir(join(this.root, folder));
      return names.filter((name) => !name.startsWith(".")).toSorted();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return [];
      throw error;
    }
  }

  async #stamp(path: string): Promise<string | undefined> {
    try {
      return fileStamp(await stat(join(this.root, path), { bigint: true }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async #read(path: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.root, path), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }
}

function isOurs(text: string): boolean {
  return text.startsWith(`# ${mark}`) || text.startsWith(`; ${mark}`);
}

function foreign(root: string, path: string): ForeignObject {
  return new ForeignObject(
    `Cannot write ${join(root, path)}: there is a file that is not Sealane's, which is left alone. Move it away.`,
  );
}
