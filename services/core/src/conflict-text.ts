// A conflict as a sentence for a person: which field, which value is used, whose it is, how many clusters differ and
// what they have. Everything in it is bounded: a list is cut and the rest is counted, a long value is cut.

import { compareText } from "./compare.ts";
import type { Constituent } from "./constituent.ts";
import { cutChars } from "./cut-text.ts";
import type { ExportFact, ExportPort } from "./facts.ts";
import { conflictMessageCharsMax } from "./limits.ts";
import { portKey, uniteExportPorts } from "./unite-ports.ts";

/** Items that a list names before it counts the rest. */
const listedMax = 3;

/** Longest text that is quoted whole: the name of a cluster or of a port. */
const quotedCharsMax = 63;

/** Exports that differ in one field. */
export interface Differing {
  readonly oldest: Constituent;
  /** Those that differ from the oldest, sorted by cluster. */
  readonly differing: readonly Constituent[];
  /** All exports by seniority. */
  readonly ranked: readonly Constituent[];
}

/** How a conflict in one field is told. */
export interface ConflictText {
  /** The field as a person knows it. */
  readonly field: string;
  /** Half a sentence: what is used, and whose it is. */
  readonly used: (oldest: Constituent) => string;
  /** What an export has instead; absent where it is too long to say. */
  readonly has?: (fact: ExportFact) => string;
  /** What else there is to know, in half sentences. */
  readonly details?: (those: Differing) => readonly string[];
}

/** One conflict as a sentence without its full stop. */
export function conflictSentence(text: ConflictText, those: Differing): string {
  const { field, used, has, details } = text;
  const others = those.differing.map(({ cluster, fact }) =>
    has === undefined ? quoted(cluster) : `${quoted(cluster)} has ${has(fact)}`,
  );
  const differ = others.length === 1 ? "1 cluster differs" : `${others.length} clusters differ`;
  const parts = [`${field}: ${used(those.oldest)}`, `${differ}: ${listed(others)}`];
  return [...parts, ...(details?.(those) ?? [])].join("; ");
}

/** All sentences as one message. Where they are too long together each is cut, so that none is missing. */
export function conflictMessage(sentences: readonly string[]): string {
  const end = ". ";
  const whole = sentences.join(end);
  if (whole.length <= conflictMessageCharsMax) return whole;
  const share = Math.floor(conflictMessageCharsMax / sentences.length) - end.length;
  return sentences.map((sentence) => cutChars(sentence, share)).join(end);
}

/** Says which keys differ, without their values, which may be long. */
export function differingKeys(
  recordOf: (fact: ExportFact) => Readonly<Record<string, string>>,
): (those: Differing) => readonly string[] {
  return ({ oldest, differing }) => {
    const used = recordOf(oldest.fact);
    const keys = differing.flatMap(({ fact }) => {
      const other = recordOf(fact);
      return [...Object.keys(used), ...Object.keys(other)].filter((key) => used[key] !== other[key]);
    });
    return [`keys that differ: ${listed(sortedOnce(keys).map(quoted))}`];
  };
}

/** Says which ports some clusters lack, which lost to an older one, and which are published as speaking something else. */
export function portDetails({ ranked }: Differing): readonly string[] {
  const union = uniteExportPorts(ranked.map(({ fact }) => fact.ports));
  const used = new Map(union.map((port) => [portKey(port), port]));
  const exposing = new Map<string, number>();
  const lost: string[] = [];
  const spoken: string[] = [];
  for (const { cluster, fact } of ranked) {
    for (const port of fact.ports) {
      const key = portKey(port);
      exposing.set(key, (exposing.get(key) ?? 0) + 1);
      if (!used.has(key)) lost.push(portOf(port, cluster));
      else if (used.get(key)?.appProtocol !== port.appProtocol) spoken.push(portOf(port, cluster));
    }
  }
  const partial = union.filter((port) => exposing.get(portKey(port)) !== ranked.length);
  return [
    ...detail(
      "not every cluster has",
      partial.map((port) => quoted(portText(port))),
    ),
    ...detail("lost to an older port, so nothing is sent to it:", lost),
    ...detail("published with an older export's appProtocol:", spoken),
  ];
}

/** A port in a sentence. */
function portText({ name, protocol, port, appProtocol }: ExportPort): string {
  const speaks = appProtocol === "" ? "" : ` (${appProtocol})`;
  return `${name === "" ? "unnamed" : name} ${protocol}/${port}${speaks}`;
}

function portOf(port: ExportPort, cluster: string): string {
  return `${quoted(portText(port))} of ${quoted(cluster)}`;
}

/** Text of a cluster in quotes, cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(cutChars(text, quotedCharsMax));
}

function detail(what: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [`${what} ${listed(items)}`];
}

function listed(items: readonly string[]): string {
  const more = items.length - listedMax;
  return more > 0 ? `${items.slice(0, listedMax).join(", ")} and ${more} more` : items.join(", ");
}

function sortedOnce(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted(compareText);
}
