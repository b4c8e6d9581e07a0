// Conditions of ServiceExports and ServiceImports. Pure: from verdicts to what people read.

import type { ExportStatus, MergedService } from "@sealane/core";
import { cutChars } from "@sealane/core";
import type { ExportVerdict } from "../observe/export-fact.ts";
import type { Condition } from "../observe/parse-service-export.ts";

/** What a condition should say. */
export type Claim = Pick<Condition, "type" | "status" | "reason" | "message">;

/** Types of the conditions that we write on ServiceExports. */
export const exportConditionTypes = ["Valid", "Ready", "Conflict"] as const;

const messageCharsMax = 4_096;

/**
 * What the conditions of a ServiceExport should say. `local` is this cluster's verdict, `hub` the hub's, absent
 * while it has not decided: then what was said last is held, for unknown is no change.
 */
export function exportClaims(
  local: ExportVerdict,
  hub: ExportStatus | undefined,
  held: readonly Condition[],
): readonly Claim[] {
  if (!local.yes) {
    return [
      { type: "Valid", status: "False", reason: local.reason, message: local.message },
      {
        type: "Ready",
        status: "False",
        reason: local.reason,
        message: "Not exported, because it is not valid.",
      },
      { type: "Conflict", status: "False", reason: "NoConflicts", message: "" },
    ];
  }
  const valid: Claim = { type: "Valid", status: "True", reason: "Valid", message: bounded(local.remark) };
  if (hub === undefined) return [valid, ...undecided(held)];
  return [valid, readyClaim(hub), conflictClaim(hub)];
}

function undecided(held: readonly Condition[]): readonly Claim[] {
  const pending: Claim = {
    type: "Ready",
    status: "Unknown",
    reason: "Pending",
    message: "The hub has not decided yet.",
  };
  const ready = held.find((each) => each.type === "Ready");
  const conflict = held.find((each) => each.type === "Conflict");
  // What an invalid export said of itself is over as soon as it is valid.
  const keep = ready !== undefined && held.some((each) => each.type === "Valid" && each.status === "True");
  return [keep ? claimOf(ready) : pending, ...(conflict === undefined ? [] : [claimOf(conflict)])];
}

function claimOf({ type, status, reason, message }: Condition): Claim {
  return { type, status, reason, message };
}

function readyClaim(hub: ExportStatus): Claim {
  if (hub.accepted) return { type: "Ready", status: "True", reason: "Exported", message: "" };
  return { type: "Ready", status: "False", reason: hub.reason ?? "Failed", message: bounded(hub.message) };
}

function conflictClaim(hub: ExportStatus): Claim {
  if (hub.conflicts.length === 0)
    return { type: "Conflict", status: "False", reason: "NoConflicts", message: "" };
  // Several reasons are joined by a comma without space: the CRD's pattern allows nothing else.
  return { type: "Conflict", status: "True", reason: hub.conflicts.join(","), message: bounded(hub.message) };
}

/** What the Ready condition of a ServiceImport should say. */
export function importClaim(
  problem: { readonly reason: string; readonly message: string } | undefined,
): Claim {
  return problem === undefined
    ? { type: "Ready", status: "True", reason: "Ready", message: "" }
    : { type: "Ready", status: "False", reason: problem.reason, message: bounded(problem.message) };
}

/** Why a service without an address in this cluster, whose Services have these families, has none. */
export function noAddressProblem(
  { type, ipFamilies }: Pick<MergedService, "type" | "ipFamilies">,
  clusterFamilies: readonly string[],
): { readonly reason: string; readonly message: string } | undefined {
  if (type === "Headless") return undefined;
  if (clusterFamilies.length === 0)
    return { reason: "Pending", message: "This cluster's service ranges are not known yet." };
  if (ipFamilies.some((family) => clusterFamilies.includes(family))) {
    return { reason: "Pending", message: "The service has no address in this cluster yet." };
  }
  return {
    reason: "IPFamilyNotSupported",
    message: `The service has ${ipFamilies.join(" and ")}, this cluster's Services have ${clusterFamilies.join(" and ")}.`,
  };
}

/** Whether the held conditions already say all that is claimed, about this generation. */
export function saysAll(held: readonly Condition[], claims: readonly Claim[], generation: number): boolean {
  return claims.every((claim) =>
    held.some((each) => isSame(each, claim) && each.observedGeneration === generation),
  );
}

/** Conditions to write: the time of a transition moves only when the status does. */
export function conditionsOf(
  held: readonly Condition[],
  claims: readonly Claim[],
  generation: number,
  now: Date,
): readonly Condition[] {
  return claims.map((claim) => {
    const before = held.find((each) => each.type === claim.type);
    const since =
      before?.status === claim.status ? before.lastTransitionTime : `${now.toISOString().slice(0, 19)}Z`;
    return { ...claim, observedGeneration: generation, lastTransitionTime: since };
  });
}

function isSame(held: Condition, claim: Claim): boolean {
  return (
    held.type === claim.type &&
    held.status === claim.status &&
    held.reason === claim.reason &&
    held.message === claim.message
  );
}

function bounded(message: string): string {
  return cutChars(message, messageCharsMax);
}
