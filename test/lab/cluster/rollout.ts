// Whether what was applied has rolled out, judged as `kubectl rollout status` does.

import type { KubeClient } from "../../../agents/cluster/src/kube/client.ts";
import { waitUntil } from "../wait.ts";

/** A Deployment or a DaemonSet, as far as it is read here; the API server leaves out what is 0. */
export interface Workload {
  readonly metadata: { readonly generation: number };
  /** Only a Deployment has replicas. */
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberAvailable?: number;
  };
}

/** Waits until every pod of these workloads (`deployments/mesh-dns`) runs what was applied. */
export async function waitUntilRolledOut(
  client: KubeClient,
  namespace: string,
  workloads: readonly string[],
  timeoutMs: number,
): Promise<void> {
  await Promise.all(
    workloads.map((workload) =>
      waitUntil({ what: `${workload} to roll out at ${client.server}`, timeoutMs }, async () => {
        const path = `/apis/apps/v1/namespaces/${namespace}/${workload}`;
        const missing = missingOf((await client.request("GET", path)) as Workload);
        if (missing !== "") throw new Error(missing);
        return true;
      }),
    ),
  );
}

/** What a rollout still lacks, as a short phrase; empty when it is done. */
export function missingOf({ metadata, spec, status = {} }: Workload): string {
  if ((status.observedGeneration ?? 0) < metadata.generation) return "its controller has not seen it yet";
  const { replicas } = spec;
  const wanted = replicas ?? status.desiredNumberScheduled ?? 0;
  const updated = (replicas === undefined ? status.updatedNumberScheduled : status.updatedReplicas) ?? 0;
  const available = (replicas === undefined ? status.numberAvailable : status.availableReplicas) ?? 0;
  if (updated < wanted) return `${updated} of ${wanted} pods updated`;
  if (replicas !== undefined && (status.replicas ?? 0) > updated)
    return `${(status.replicas ?? 0) - updated} old pods are still there`;
  return available < updated || available < wanted ? `${available} of ${wanted} pods available` : "";
}
