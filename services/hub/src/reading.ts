// The hub at this moment, as its metrics show it. Reads the world; decides nothing.

import type { World } from "@sealane/core";
import type { ClusterState, Clusters } from "./clusters.ts";
import type { ClusterReading } from "./gauges.ts";

/** One reading for each cluster, sorted by name. */
export function readClusters(clusters: Clusters, world: World): readonly ClusterReading[] {
  const exports = exportsByReason(world);
  return clusters.all().map((cluster) => ({
    cluster: cluster.name,
    state: cluster.state,
    lastSeenUnixUs: cluster.lastSeenUnixUs,
    clockOffsetUs: cluster.clockOffsetUs,
    exports: exports.get(cluster.name) ?? new Map(),
    quarantined: quarantinedByReason(world, cluster.name),
    counts: totals(cluster),
  }));
}

/** How many merged services there are. */
export function countServices(world: World): number {
  let count = 0;
  for (const names of world.services.values()) {
    for (const { service } of names.values()) if (service !== undefined) count += 1;
  }
  return count;
}

/** How many ranges of a cluster are quarantined, by reason. */
export function quarantinedByReason(world: World, cluster: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { admitted, reason = "RangeOverlap" } of world.admissions.get(cluster)?.verdicts ?? []) {
    if (!admitted) add(counts, reason);
  }
  return counts;
}

function exportsByReason(world: World): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const found = new Map<string, Map<string, number>>();
  for (const names of world.services.values()) {
    for (const { statuses } of names.values()) {
      for (const [cluster, { reason = "" }] of statuses) {
        const counts = found.get(cluster) ?? new Map<string, number>();
        found.set(cluster, counts);
        add(counts, reason);
      }
    }
  }
  return found;
}

function totals(cluster: ClusterState): ClusterReading["counts"] {
  const found = new Map<string, { desired: number; observed: number }>();
  for (const { counts } of cluster.reports.values()) {
    for (const { kind, desired, observed } of counts) {
      const total = found.get(kind) ?? { desired: 0, observed: 0 };
      found.set(kind, { desired: total.desired + desired, observed: total.observed + observed });
    }
  }
  return found;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
