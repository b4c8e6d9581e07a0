// Every way in which exports of one name can differ, and the sentence for a person: which field, which value
// is used, whose it is, who differs. Judges only; which value wins is decided in merge.ts.

import { compareText, sameValue } from "./compare.ts";
import type { ExportFact, ExportPort } from "./facts.ts";
import type { Reason } from "./reasons.ts";

/** Clusters that a message names before it counts the rest. */
const namedClustersMax = 8;

/** One cluster's export. */
export interface Constituent {
  readonly cluster: string;
  readonly fact: ExportFact;
}

/** One comparable field of an export. */
interface Field {
  readonly reason: Reason;
  /** As a person knows it. */
  readonly name: string;
  /** The value in a form in which equal means no conflict. */
  readonly value: (fact: ExportFact) => unknown;
  /** The value in a sentence. */
  readonly text: (fact: ExportFact) => string;
  /** Whether the two can conflict at all in this field; all can when absent. */
  readonly concerns?: (oldest: ExportFact, other: ExportFact) => boolean;
}

const fields: readonly Field[] = [
  {
    reason: "AnnotationsConflict",
    name: "exportedAnnotations",
    value: (fact) => fact.annotations,
    text: (fact) => `${Object.keys(fact.annotations).length} annotations`,
  },
  {
    reason: "IPFamilyConflict",
    name: "ipFamilies",
    value: (fact) => fact.ipFamilies.toSorted(compareText),
    text: (fact) => fact.ipFamilies.join(",") || "none",
  },
  {
    reason: "InternalTrafficPolicyConflict",
    name: "internalTrafficPolicy",
    value: (fact) => fact.internalTrafficPolicy,
    text: (fact) => fact.internalTrafficPolicy || "none",
  },
  {
    reason: "LabelsConflict",
    name: "exportedLabels",
    value: (fact) => fact.labels,
    text: (fact) => `${Object.keys(fact.labels).length} labels`,
  },
  {
    reason: "PortConflict",
    name: "ports",
    value: (fact) => fact.ports.map(portText).toSorted(compareText),
    text: (fact) => fact.ports.map(portText).toSorted(compareText).join(",") || "none",
  },
  {
    reason: "SessionAffinityConfigConflict",
    name: "sessionAffinityConfig",
    value: (fact) => fact.sessionAffinityTimeoutSeconds,
    text: (fact) => `${fact.sessionAffinityTimeoutSeconds} s`,
    concerns: (oldest, other) => oldest.sessionAffinity === other.sessionAffinity,
  },
  {
    reason: "SessionAffinityConflict",
    name: "sessionAffinity",
    value: (fact) => fact.sessionAffinity,
    text: (fact) => fact.sessionAffinity || "None",
  },
  {
    reason: "TrafficDistributionConflict",
    name: "trafficDistribution",
    value: (fact) => fact.trafficDistribution,
    text: (fact) => fact.trafficDistribution || "none",
  },
  { reason: "TypeConflict", name: "type", value: (fact) => fact.type, text: (fact) => fact.type },
];

/** Conflicts among exports ranked by seniority: reasons sorted, and one message about all of them. */
export function conflictsOf(ranked: readonly Constituent[]): { reasons: readonly Reason[]; message: string } {
  const [oldest, ...younger] = ranked;
  if (oldest === undefined || younger.length === 0) return { reasons: [], message: "" };
  const found = fields.flatMap((field) => {
    const used = field.value(oldest.fact);
    const differing = younger.filter(
      ({ fact }) => (field.concerns?.(oldest.fact, fact) ?? true) && !sameValue(field.value(fact), used),
    );
    return differing.length === 0
      ? []
      : { reason: field.reason, sentence: sentenceOf(field, oldest, differing) };
  });
  return { reasons: found.map((it) => it.reason), message: found.map((it) => it.sentence).join("; ") };
}

function sentenceOf(field: Field, oldest: Constituent, differing: readonly Constituent[]): string {
  const names = differing.map((it) => it.cluster).toSorted(compareText);
  const more = names.length > namedClustersMax ? ` and ${names.length - namedClustersMax} more` : "";
  const named = names.slice(0, namedClustersMax).map((name) => `"${name}"`);
  const rule = field.reason === "PortConflict" ? "ports are united, and where they collide" : "so";
  return (
    `${field.name}: cluster "${oldest.cluster}" has the oldest export with ${field.text(oldest.fact)}, ` +
    `${rule} its value is used; ${named.join(", ")}${more} differ`
  );
}

function portText(port: ExportPort): string {
  const application = port.appProtocol === "" ? "" : `(${port.appProtocol})`;
  return `${port.name === "" ? "unnamed" : port.name}:${port.protocol}/${port.port}${application}`;
}
