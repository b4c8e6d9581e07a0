// Puts programs into an image's root folder together with the shared libraries that they load.

import { copyFile, chmod, mkdir, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { run } from "../run.ts";

/**
 * Copies programs to their paths below `root`, and each library that `ldd` finds for them to where the
 * loader looks. `programs` gives the source by path in the image; `searchPath` are folders with
 * libraries that this machine's loader does not know. Throws naming a library that cannot be found.
 */
export async function addPrograms(
  root: string,
  programs: Readonly<Record<string, string>>,
  searchPath: readonly string[] = [],
): Promise<void> {
  for (const [path, source] of Object.entries(programs)) {
    await copy(source, join(root, path));
    for (const library of await libraries(source, searchPath)) {
      // The loader is found at the path that the program itself names; all else where it searches.
      const place = library.startsWith("/lib64/")
        ? library
        : `/usr/lib/x86_64-linux-gnu/${basename(library)}`;
      await copy(await realpath(library), join(root, place));
    }
  }
}

/** Paths of the shared libraries, loader included, that a program needs; none for a static one. */
async function libraries(program: string, searchPath: readonly string[]): Promise<readonly string[]> {
  const listed = await run(["ldd", program], {
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH: searchPath.join(":") },
  });
  return parseLdd(program, listed.stdout + listed.stderr);
}

/** Reads what `ldd` prints about a program; see ldd(1). Throws naming a missing library. */
export function parseLdd(program: string, text: string): readonly string[] {
  if (/not a dynamic executable|statically linked/.test(text)) return [];
  const missing = /^\s*(\S+) => not found/m.exec(text)?.[1];
  if (missing !== undefined)
    throw new Error(`Cannot put "${program}" into an image: no library "${missing}"`);
  return [...text.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1] ?? "");
}

async function copy(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await copyFile(source, target);
  await chmod(target, 0o755);
}
