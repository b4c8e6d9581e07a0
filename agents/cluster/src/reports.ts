// Desired against observed, for the hub and the metrics: the cluster's own counts in one report, each speaker's as
// it came. Reports never drive anything.

import type { Report } from "@sealane/wire";
import { nowUnixUs } from "@sealane/wire";
import type { Metrics } from "./metrics.ts";

/** Counts of one kind. */
export interface KindCount {
  readonly kind: string;
  readonly desired: number;
  readonly observed: number;
}

/** One thing that is not as wanted. */
export interface Finding {
  readonly subject: string;
  readonly reason: string;
  readonly message: string;
}

const findingsMax = 50;

/** The cluster's own report, bounded, kinds sorted. */
export function clusterReport(counts: readonly KindCount[], findings: readonly Finding[]): Report {
  return {
    node: "",
    counts: counts.toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
    findings: findings.slice(0, findingsMax),
    observedUnixUs: nowUnixUs(),
  };
}

/** Shows counts as metrics. */
export function showCounts(metrics: Metrics, counts: readonly KindCount[]): void {
  for (const { kind, desired, observed } of counts) {
    metrics.desired.set({ kind }, desired);
    metrics.drift.set({ kind }, Math.abs(desired - observed));
  }
}
