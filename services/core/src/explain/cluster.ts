// The steps that every explanation shares: whether a cluster is known, and which of its ranges are refused.

import { overlappingClaims } from "../claims.ts";
import { compareText } from "../compare.ts";
import { parsePrefix } from "../prefix.ts";
import type { RangeVerdict } from "../published.ts";
import type { World } from "../world.ts";
import { passes, stops, type ExplainStep } from "./step.ts";

/** Whether the cluster is a member of which the hub knows enough to decide. */
export function explainCluster(world: World, cluster: string): ExplainStep {
  const origin = world.origins.get(cluster);
  if (world.left.has(cluster)) return stops("cluster", "ClusterUnknown", `cluster "${cluster}" left the set`);
  if (origin === undefined) return stops("cluster", "ClusterUnknown", `no cluster "${cluster}" has joined`);
  if (!origin.cluster.entries.has("")) {
    return stops("cluster", "ClusterSilent", `cluster "${cluster}" has not said its ranges yet`, "unknown");
  }
  return passes("cluster", `cluster "${cluster}" is a member`);
}

/** The clusters whose word is still missing, as the end of a sentence. */
export function awaited(world: World): string {
  return (
    [...world.pending]
      .toSorted(compareText)
      .map((name) => `"${name}"`)
      .join(", ") || "none"
  );
}

/** One step for each refused range of the cluster. */
export function explainRefusedRanges(world: World, cluster: string): readonly ExplainStep[] {
  const verdicts = world.admissions.get(cluster)?.verdicts ?? [];
  return verdicts.flatMap((verdict) => (verdict.admitted ? [] : explainRange(world, cluster, verdict)));
}

/** The step of one range. */
export function explainRange(world: World, cluster: string, verdict: RangeVerdict): ExplainStep {
  const range = `${verdict.kind} range ${verdict.prefix} of cluster "${cluster}" (${verdict.source})`;
  if (verdict.admitted) return passes("range", `${range} is held`);
  const meets =
    verdict.owner === ""
      ? ""
      : `; it meets ${verdict.ownerPrefix} of cluster "${verdict.owner}" in ${verdict.overlap}`;
  const free = verdict.free === "" ? "" : `; ${verdict.free} is free`;
  const waits = verdict.reason === "RangeReleasing" ? awaitedFor(world, verdict) : "";
  return stops("range", verdict.reason ?? "NotAdmitted", `${range} is quarantined${meets}${waits}${free}`);
}

/** Who has not let go yet of what the range meets. */
function awaitedFor(world: World, verdict: RangeVerdict): string {
  const met = [...overlappingClaims(world.book, parsePrefix(verdict.prefix))];
  const names = new Set(met.flatMap(({ claim }) => claim.release?.awaited ?? []));
  const list = [...names].toSorted(compareText).map((name) => `"${name}"`);
  return `, which let it go; not everybody else has yet: ${list.join(", ")}`;
}
