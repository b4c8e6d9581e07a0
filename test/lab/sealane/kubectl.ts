// kubectl with a cluster's administrator, for what a person applies by hand before Sealane is deployed.

import { program } from "../lab.ts";
import type { LabCluster } from "../lab.ts";
import { output } from "../run.ts";

const timeoutMs = 60_000;

/** Applies a folder with a kustomization. */
export function applyFolder(cluster: LabCluster, folder: string): Promise<string> {
  const argv = ["apply", "--server-side", "--force-conflicts", "--field-manager=lab", "--kustomize", folder];
  return output([program("kubectl"), `--kubeconfig=${cluster.kubeconfig}`, ...argv], { timeoutMs });
}
