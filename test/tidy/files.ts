// Lists and reads the repository's own files for the tidy tests. It judges nothing.

import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** The repository's root. */
export const root = resolve(import.meta.dirname, "../..");

const notOurs = new Set(["node_modules", ".git", ".lab", ".quickstart", ".sealane"]);
const notText = /\.(?:tar|gz|zst|png|ico|binpb|sqlite|log)$/;

/** Every file of the repository, as sorted paths from its root with forward slashes. */
export function allFiles(): readonly string[] {
  return walk("").toSorted();
}

/** Every TypeScript file that people write: generated ones are left out. */
export function sourceFiles(): readonly string[] {
  return allFiles().filter((path) => path.endsWith(".ts") && !isGenerated(path));
}

/** Every file that holds text that people write. */
export function textFiles(): readonly string[] {
  return allFiles().filter((path) => !notText.test(path) && !isGenerated(path));
}

/** Whether a file comes from a generator. */
function isGenerated(path: string): boolean {
  return path.includes("/generated/");
}

/** Whether a file serves tests alone: a test, what tests share (`x.testing.ts`, `testing/`), or the test workspace. */
export function isTest(path: string): boolean {
  return /^test\/|\.(?:test|testing)\.ts$|\/testing\//.test(path);
}

/** The text of one file, named as the functions above name it. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function walk(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    if (notOurs.has(entry.name)) return [];
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return walk(path);
    return entry.isFile() ? [path] : [];
  });
}
