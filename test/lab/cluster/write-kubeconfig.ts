// Writes the kubeconfig files that people and tests use, whole or not at all.

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { kubeconfigPath, labDirectory } from "../paths.ts";
import { kubeconfig } from "./kubeconfig.ts";
import type { Access } from "./kubeconfig.ts";

/** Writes `.lab/NAME.kubeconfig`, or `.lab/kubeconfig` when no cluster is named. */
export async function writeKubeconfig(
  cluster: string | undefined,
  accesses: readonly Access[],
): Promise<void> {
  const path = kubeconfigPath(cluster);
  await mkdir(labDirectory, { recursive: true });
  await writeFile(`${path}.new`, kubeconfig(accesses), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Whether `.lab/kubeconfig` gives access to exactly these clusters. */
export async function isWritten(accesses: readonly Access[]): Promise<boolean> {
  const found = await readFile(kubeconfigPath(undefined), "utf8").catch(() => "");
  return found === kubeconfig(accesses);
}
