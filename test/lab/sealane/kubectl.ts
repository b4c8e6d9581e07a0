// kubectl with a cluster's administrator, for what Sealane's deployment needs.

import { program } from "../lab.ts";
import type { LabCluster } from "../lab.ts";
import { output, run } from "../run.ts";
import type { Finished } from "../run.ts";

const timeoutMs = 60_000;

/** What the lab applies is the lab's, whatever a story that was broken off left changed. */
const apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=lab"];

/** Runs kubectl, which must succeed within `withinMs`. */
export function kubectl(cluster: LabCluster, argv: readonly string[], withinMs = timeoutMs): Promise<string> {
  return output([program("kubectl"), `--kubeconfig=${cluster.kubeconfig}`, ...argv], { timeoutMs: withinMs });
}

/** Runs kubectl and gives what it left, whatever its exit status. */
export function tryKubectl(cluster: LabCluster, argv: readonly string[]): Promise<Finished> {
  return run([program("kubectl"), `--kubeconfig=${cluster.kubeconfig}`, ...argv], { timeoutMs });
}

/** Applies a folder with a kustomization. */
export function applyFolder(cluster: LabCluster, folder: string): Promise<string> {
  return kubectl(cluster, [...apply, "--kustomize", folder]);
}

/** Applies manifests given as text. */
export function applyText(cluster: LabCluster, text: string): Promise<string> {
  const argv = [...apply, "--filename=-"];
  return output([program("kubectl"), `--kubeconfig=${cluster.kubeconfig}`, ...argv], {
    timeoutMs,
    input: text,
  });
}
