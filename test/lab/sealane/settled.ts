// Whether Sealane has settled in the lab, judged by what the hub was told: pure, so that it says exactly what
// is missing.

import type { ClusterPlan } from "../topology.ts";

/** An item of `sealane get clusters -o json`, as far as it is read here. */
export interface ReportedCluster {
  readonly name: string;
  readonly agent: string;
  readonly ranges: { readonly quarantined: number };
  readonly reports: readonly {
    /** Null in the cluster's own. */
    readonly node: string | null;
    readonly counts: readonly {
      readonly kind: string;
      readonly desired: number;
      readonly observed: number;
    }[];
  }[];
}

/**
 * What is missing in a cluster, each as a short phrase; empty when nothing is. A cluster with a quarantined range
 * cannot have all that it wants, so there it is enough that everybody reports.
 */
export function missingIn(plan: ClusterPlan, reported: readonly ReportedCluster[]): readonly string[] {
  const cluster = reported.find(({ name }) => name === plan.name);
  if (cluster?.agent !== "ready") return [`${plan.name}: its agent (${cluster?.agent ?? "not registered"})`];
  const names = [null, ...plan.nodes.map((node) => node.name)];
  return names.flatMap((node) => {
    const who = node === null ? `${plan.name}: its agent's report` : `${plan.name}: the speaker on ${node}`;
    const report = cluster.reports.find((candidate) => candidate.node === node);
    if (report === undefined) return [who];
    if (cluster.ranges.quarantined > 0) return [];
    return report.counts
      .filter(({ desired, observed }) => desired !== observed)
      .map(({ kind, desired, observed }) => `${who}: ${observed} of ${desired} ${kind}`);
  });
}
