// Turns what the keeper publishes into events: which ranges are held, which exports take part. Says each decision
// once, when it changes; a restart repeats only the quarantines that still hold.

import { sameValue } from "@sealane/core";
import type { ExportStatus, RangeVerdict, ShardId, World } from "@sealane/core";
import type { Journal, Occurrence } from "./journal.ts";

/** Hears of every entry that is published. */
export type NotePublished = (id: ShardId, key: string, world: World) => void;

/** Notes decisions from now on; `restored` is the world that is published already. */
export function journalDecisions(journal: Journal, restored: World): NotePublished {
  const verdicts = new Map<string, ReadonlyMap<string, RangeVerdict>>();
  for (const [cluster, admission] of restored.admissions) {
    verdicts.set(cluster, byRange(admission.verdicts));
    for (const verdict of admission.verdicts)
      if (!verdict.admitted) journal.note(rangeEvent(cluster, verdict));
  }
  return (id, key, world) => {
    if (id.kind === "member") {
      const now = byRange(world.admissions.get(key)?.verdicts ?? []);
      for (const event of rangeEvents(key, verdicts.get(key) ?? new Map(), now)) journal.note(event);
      if (now.size === 0) verdicts.delete(key);
      else verdicts.set(key, now);
    }
    if (id.kind === "exportStatus") {
      const status = world.services.get(id.namespace)?.get(key)?.statuses.get(id.origin);
      journal.note(exportEvent(id.origin, `${id.namespace}/${key}`, status));
    }
  };
}

function byRange(verdicts: readonly RangeVerdict[]): ReadonlyMap<string, RangeVerdict> {
  return new Map(verdicts.map((verdict) => [`${verdict.kind} ${verdict.prefix}`, verdict]));
}

function rangeEvents(
  cluster: string,
  before: ReadonlyMap<string, RangeVerdict>,
  now: ReadonlyMap<string, RangeVerdict>,
): readonly Occurrence[] {
  const judged = [...now].filter(([key, verdict]) => !sameDecision(before.get(key), verdict));
  const released = [...before].filter(([key, verdict]) => verdict.admitted && !now.has(key));
  return [
    ...judged.map(([, verdict]) => rangeEvent(cluster, verdict)),
    ...released.map(([, { kind, prefix }]) => ({
      kind: "RangeReleased" as const,
      cluster,
      subject: `range/${prefix}`,
      message: `${kind} range ${prefix} is no longer reported`,
    })),
  ];
}

/** What is free instead may change without the decision changing. */
function sameDecision(before: RangeVerdict | undefined, now: RangeVerdict): boolean {
  return before !== undefined && sameValue({ ...before, free: "" }, { ...now, free: "" });
}

function rangeEvent(cluster: string, verdict: RangeVerdict): Occurrence {
  const { kind, prefix, source, reason, owner, ownerPrefix, overlap, free } = verdict;
  const subject = `range/${prefix}`;
  if (verdict.admitted) {
    return {
      kind: "RangeAdmitted",
      cluster,
      subject,
      message: `${kind} range ${prefix} of ${source} is held`,
    };
  }
  const meets = owner === "" ? "is refused" : `meets ${ownerPrefix} of cluster "${owner}" at ${overlap}`;
  const instead = free === "" ? "" : `; free: ${free}`;
  return {
    kind: "RangeQuarantined",
    cluster,
    subject,
    ...(reason === undefined ? {} : { reason }),
    message: `${kind} range ${prefix} of ${source} ${meets}${instead}`,
  };
}

function exportEvent(cluster: string, service: string, status: ExportStatus | undefined): Occurrence {
  const about = { cluster, subject: `service/${service}` };
  if (status === undefined)
    return { kind: "ExportWithdrawn", ...about, message: `${service} is no longer exported` };
  if (!status.accepted) {
    const { reason = "NotExported" } = status;
    return { kind: "ExportRefused", ...about, reason, message: status.message };
  }
  const [conflict] = status.conflicts;
  if (conflict === undefined) return { kind: "ExportAccepted", ...about, message: `${service} is exported` };
  return { kind: "ExportConflicted", ...about, reason: conflict, message: status.message };
}
