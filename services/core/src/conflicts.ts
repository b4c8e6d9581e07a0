// Every way in which exports of one name can conflict (KEP-1645, "Constraints and Conflict Resolution"). Judges only:
// which value wins is decided in merge.ts, how it is said in conflict-text.ts.

import { compareText, sameValue } from "./compare.ts";
import {
  conflictMessage,
  conflictSentence,
  differingKeys,
  portDetails,
  quoted,
  type ConflictText,
} from "./conflict-text.ts";
import type { Constituent } from "./constituent.ts";
import type { ExportFact } from "./facts.ts";
import type { Reason } from "./reasons.ts";
import { portKey } from "./unite-ports.ts";

/** One comparable field of an export. */
interface Field {
  readonly reason: Reason;
  /** Whether a younger export conflicts with the oldest. */
  readonly differs: (oldest: ExportFact, other: ExportFact) => boolean;
  readonly text: ConflictText;
}

/** Sorted by reason. */
const fields: readonly Field[] = [
  exported("AnnotationsConflict", "exportedAnnotations", (fact) => fact.annotations),
  {
    reason: "IPFamilyConflict",
    // Families that only a younger export has are offered to nobody, so nobody misses backends by using them.
    differs: (oldest, other) => oldest.ipFamilies.some((family) => !other.ipFamilies.includes(family)),
    text: {
      ...scalarText("ipFamilies", (fact) => fact.ipFamilies.join(",")),
      details: () => ["those are reached by the families only that they share with it"],
    },
  },
  scalar("InternalTrafficPolicyConflict", "internalTrafficPolicy", (fact) => fact.internalTrafficPolicy),
  exported("LabelsConflict", "exportedLabels", (fact) => fact.labels),
  {
    reason: "PortConflict",
    differs: (oldest, other) => !sameValue(portsOf(oldest), portsOf(other)),
    text: {
      field: "ports",
      used: ({ cluster }) =>
        `all exports' ports are used, the older export's where two collide (${quoted(cluster)} has the oldest)`,
      details: portDetails,
    },
  },
  {
    reason: "SessionAffinityConfigConflict",
    // Between an export with affinity and one without, the affinity itself is the conflict.
    differs: (oldest, other) =>
      oldest.sessionAffinity === other.sessionAffinity &&
      oldest.sessionAffinityTimeoutSeconds !== other.sessionAffinityTimeoutSeconds,
    text: scalarText("sessionAffinityConfig", (fact) => `${fact.sessionAffinityTimeoutSeconds} s`),
  },
  scalar("SessionAffinityConflict", "sessionAffinity", (fact) => fact.sessionAffinity),
  scalar("TrafficDistributionConflict", "trafficDistribution", (fact) => fact.trafficDistribution),
  scalar("TypeConflict", "type", (fact) => fact.type),
];

/**
 * Conflicts among exports ranked by seniority: reasons sorted, and one message about all of them. The message depends on
 * the oldest export and on those that differ, so that one more export that agrees rewrites nobody's status.
 */
export function conflictsOf(ranked: readonly Constituent[]): { reasons: readonly Reason[]; message: string } {
  const [oldest, ...younger] = ranked;
  if (oldest === undefined || younger.length === 0) return { reasons: [], message: "" };
  const found = fields.flatMap(({ reason, differs, text }) => {
    const differing = younger
      .filter(({ fact }) => differs(oldest.fact, fact))
      .toSorted((a, b) => compareText(a.cluster, b.cluster));
    if (differing.length === 0) return [];
    return { reason, sentence: conflictSentence(text, { oldest, differing, ranked }) };
  });
  return {
    reasons: found.map((it) => it.reason),
    message: conflictMessage(found.map((it) => it.sentence)),
  };
}

/** A field of one short value. */
function scalar(reason: Reason, field: string, valueOf: (fact: ExportFact) => string): Field {
  return {
    reason,
    differs: (oldest, other) => valueOf(oldest) !== valueOf(other),
    text: scalarText(field, valueOf),
  };
}

function scalarText(field: string, valueOf: (fact: ExportFact) => string): ConflictText {
  const value = (fact: ExportFact) => quoted(valueOf(fact) || "none");
  return {
    field,
    used: ({ cluster, fact }) => `${value(fact)} of ${quoted(cluster)}, the oldest export, is used`,
    has: value,
  };
}

/** A field of names and values, which is taken whole. */
function exported(
  reason: Reason,
  field: string,
  recordOf: (fact: ExportFact) => Readonly<Record<string, string>>,
): Field {
  return {
    reason,
    differs: (oldest, other) => !sameValue(recordOf(oldest), recordOf(other)),
    text: {
      field,
      used: ({ cluster }) => `the whole set of ${quoted(cluster)}, the oldest export, is used`,
      details: differingKeys(recordOf),
    },
  };
}

/** The set of ports, with what is spoken there. */
function portsOf(fact: ExportFact): readonly string[] {
  return fact.ports.map((port) => `${portKey(port)} ${port.appProtocol}`).toSorted(compareText);
}
