// Tells people of this cluster about ranges of theirs that were not admitted: once in the log and once as an Event for
// each change of the verdict.

import type { Logger } from "pino";
import type { RangeVerdict, View } from "@sealane/core";
import type { EventSink } from "./execute/export-events.ts";
import type { EventSubject } from "./kube/events.ts";

/** Where to tell. */
export interface QuarantineOptions {
  readonly cluster: string;
  readonly view: View;
  readonly events: EventSink;
  /** The object that the Events are about. */
  readonly subject: EventSubject;
  readonly log: Logger;
}

/** Looks at the cluster's own verdicts; call it whenever members changed. */
export function quarantineTeller(options: QuarantineOptions): () => void {
  const told = new Map<string, string>();
  return () => {
    const { cluster, view, events, subject, log } = options;
    const member = view.member(cluster);
    if (member === undefined) return;
    const refused = member.ranges.filter((range) => !range.admitted);
    for (const verdict of refused) {
      const note = quarantineText(verdict);
      if (told.get(verdict.prefix) === note) continue;
      told.set(verdict.prefix, note);
      const { prefix, reason, owner, free } = verdict;
      log.warn({ prefix, reason, owner, free }, note);
      events.record(subject, {
        type: "Warning",
        reason: verdict.reason ?? "RangeOverlap",
        action: "Claim",
        note,
      });
    }
    for (const prefix of told.keys()) {
      if (refused.some((verdict) => verdict.prefix === prefix)) continue;
      told.delete(prefix);
      log.info({ prefix }, "the range is admitted now");
    }
  };
}

/** What a person has to know of a range that was not admitted: whose it meets, where, and what is free instead. */
function quarantineText({
  prefix,
  kind,
  source,
  owner,
  ownerPrefix,
  overlap,
  free,
  reason,
}: RangeVerdict): string {
  const met = owner === "" ? "" : `: ${overlap} of it is held by cluster "${owner}" (${ownerPrefix})`;
  const instead = free === "" ? "no range of this size is free in the pools" : `${free} is free instead`;
  return `The ${kind} range ${prefix} (${source}) is quarantined (${reason})${met}; ${instead}. Nothing in it is announced or imported until it is changed.`;
}
