// Replaces a file whole: whoever reads it sees the old bytes or the new ones, also after a crash of the machine.

import { mkdir, open, rename, rm } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { basename, dirname, join } from "node:path";

/** What tells a file's content from another content of the same path, without reading it. */
export function fileStamp({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(":");
}

/**
 * Writes beside the target and renames, making the folders above it. Gives the new file's stamp. Rejects with the
 * target as it was.
 */
export async function replaceFile(path: string, text: string, mode = 0o644): Promise<string> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.new`);
  try {
    // A leftover of a crash may have other rights than these.
    await rm(temporary, { force: true });
    const file = await open(temporary, "wx", mode);
    let stamp: string;
    try {
      await file.writeFile(text);
      await file.sync();
      stamp = fileStamp(await file.stat({ bigint: true }));
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return stamp;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
