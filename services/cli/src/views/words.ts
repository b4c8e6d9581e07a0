// Numbers and stamps of the admin messages as words and RFC 3339 text. A number that this version does not
// know is "unknown", never a guess.

import type { admin, published } from "@sealane/wire";
import { formatAge } from "../duration.ts";

/** Whether a cluster's agent is connected. */
export type AgentState = "ready" | "silent" | "unknown";

/** The word of a session's state. */
export function agentState(state: admin.SessionState): AgentState {
  return pick(["unknown", "unknown", "ready", "silent"] as const, state);
}

/** The word of a range's kind. */
export function rangeKind(kind: published.RangeVerdict["kind"]) {
  return pick(["unknown", "pod", "service", "node", "loadBalancer", "reserved"] as const, kind);
}

/** The word of a service's type. */
export function serviceType(type: published.MergedService["type"]) {
  return pick(["unknown", "ClusterSetIP", "Headless"] as const, type);
}

/** The word of what other clusters import of an export. */
export function exportedEndpoints(value: published.Exporter["endpoints"]) {
  return pick(["pods", "vip"] as const, value);
}

/** The word of a port's protocol. */
export function protocol(value: published.MergedService["ports"][number]["protocol"]) {
  return pick(["unknown", "TCP", "UDP", "SCTP"] as const, value);
}

/** The word of an explanation's step. */
export function answer(outcome: string): "yes" | "no" | "unknown" {
  return outcome === "yes" || outcome === "no" ? outcome : "unknown";
}

/** RFC 3339 of Unix microseconds; null for 0, which says never. */
export function instant(unixUs: bigint): string | null {
  return unixUs === 0n ? null : new Date(Number(unixUs / 1_000n)).toISOString();
}

/** Time since an RFC 3339 instant, as a cell; `never` without one. */
export function ageOf(at: string | null, now: number): string {
  return at === null ? "never" : formatAge(now - Date.parse(at));
}

/** Text, or null for the empty text that says there is none. */
export function orNull(text: string): string | null {
  return text === "" ? null : text;
}

function pick<const T extends readonly string[]>(words: T, index: number): T[number] | "unknown" {
  return words[index] ?? "unknown";
}
