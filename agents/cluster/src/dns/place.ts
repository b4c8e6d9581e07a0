// Puts a file in place in one step: whoever reads it sees the old text or the new one, whole, also after a
// loss of power. Refuses nothing; who calls has judged the text.

import { mkdir, open, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Replaces `file` by one that holds `text`, readable by everyone in the pod; makes its folder when there is none. */
export async function placeFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const beside = join(dirname(file), `.${basename(file)}.new`);
  const handle = await open(beside, "w", 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
  const directory = await open(dirname(file), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
