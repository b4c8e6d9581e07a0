// Which boot this is: the kernel's boot id and the identity of the network namespace. What a node originates
// counts only for the boot that wrote it.

import { readFile, stat } from "node:fs/promises";

/**
 * `<boot id>/<namespace device>:<inode>` (proc_sys_kernel(5) random/boot_id, namespaces(7)). A node that is a
 * namespace of its own has booted when the namespace is new, although the kernel has not.
 */
export async function bootIdentity(
  bootIdPath = "/proc/sys/kernel/random/boot_id",
  namespacePath = "/proc/self/ns/net",
): Promise<string> {
  const bootId = (await readFile(bootIdPath, "utf8")).trim();
  const { dev, ino } = await stat(namespacePath);
  return `${bootId}/${dev}:${ino}`;
}
