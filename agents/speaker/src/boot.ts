// Which boot this is: the kernel's boot id, the network namespace, and a mark on the tmpfs. What a node originates
// counts only for the boot that wrote it.

import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Where the parts are read. */
export interface BootSources {
  /** A file on a tmpfs of the machine; made when it is not there. */
  readonly markPath: string;
  /** proc_sys_kernel(5), random/boot_id. */
  readonly bootIdPath?: string;
  /** namespaces(7). */
  readonly namespacePath?: string;
}

/** The boot of a machine whose announcements were declared static: they start from disk, whoever wrote them. */
export const staticBoot = "static";

/**
 * `<boot id>/<namespace device>:<inode>/<mark>`. A node that is a namespace of its own has booted when the namespace
 * is new, although the kernel has not. Its inode alone does not tell: the kernel gives a freed number to the next
 * namespace. So a random mark lies where only this boot finds it. Rejects when the mark cannot be made.
 */
export async function bootIdentity({
  markPath,
  bootIdPath = "/proc/sys/kernel/random/boot_id",
  namespacePath = "/proc/self/ns/net",
}: BootSources): Promise<string> {
  const bootId = (await readFile(bootIdPath, "utf8")).trim();
  const { dev, ino } = await stat(namespacePath);
  return `${bootId}/${dev}:${ino}/${await readMark(markPath)}`;
}

async function readMark(path: string): Promise<string> {
  const found = (await readFile(path, "utf8").catch(() => "")).trim();
  if (found !== "") return found;
  const made = randomUUID();
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(`${path}.new`, `${made}\n`);
  await rename(`${path}.new`, path);
  return made;
}
