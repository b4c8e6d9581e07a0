// What checks come to: one result each, their sum for a report, their lines for a person. The checks themselves
// belong to the agents; nothing here looks at anything.

import { checkAgainMs, checkIntervalMs } from "./limits.ts";
import type { Count, Finding } from "./plan/routes.ts";
import type { Reason } from "./reasons.ts";
import { reasons } from "./reasons.ts";

/** What checks can say. Every other reason is about a service, a range or a route, and no concern of theirs. */
const checkReasons = [
  "MultipathHashCoarse",
  "ForwardingOff",
  "ReversePathStrict",
  "MtuBelowPods",
  "PathTooNarrow",
  "NextHopNotOnLink",
  "NextHopSilent",
  "ClockOffset",
  "BirdUnreachable",
  "BirdConfigInvalid",
  "BirdNotIncluded",
  "BirdFilterWithholds",
  "KubeProxyMasqueradesAll",
  "KubeProxyLocalUnknown",
  "KubeProxyLocalTooWide",
  "PermissionMissing",
  "DefinitionNotServed",
  "HubUnreachable",
  "CertificateNotRenewed",
  "CorefileUnreadable",
  "ZoneForeign",
  "StubMissing",
  "ClusterDnsUnknown",
  "ClusterDnsNotForwarding",
  "ReplicaMissing",
  "ReplicaNotLive",
  "CheckNotMade",
] as const satisfies readonly Reason[];

/** One of what checks can say. */
export type CheckReason = (typeof checkReasons)[number];

/** Whether it is one of what checks can say. */
export function isCheckReason(reason: string): reason is CheckReason {
  return checkReasons.some((each) => each === reason);
}

interface CheckFinding extends Finding {
  readonly reason: CheckReason;
}

/** What one check came to: well, wrong, or not known because what it looks at could not be read. */
export type CheckResult =
  | { readonly outcome: "well"; readonly subject: string; readonly message: string }
  | ({ readonly outcome: "wrong" | "unknown" } & CheckFinding);

/** A check that found everything as it should be; `message` says what was seen. */
export function well(subject: string, message: string): CheckResult {
  return { outcome: "well", subject, message };
}

/** A check that found something wrong; `message` says what was seen where. */
export function wrong(subject: string, reason: CheckReason, message: string): CheckResult {
  return { outcome: "wrong", subject, reason, message };
}

/** A check that could not be made. */
export function notMade(subject: string, why: string): CheckResult {
  return { outcome: "unknown", subject, reason: "CheckNotMade", message: why };
}

/** Kind under which a report counts its checks: how many gave an answer, and how many of these were well. */
export const checksKind = "checks";

/** The checks as a part of a report: what is wrong first, then what is not known. */
export function tallyChecks(results: readonly CheckResult[]): {
  readonly count: Count;
  readonly findings: readonly Finding[];
} {
  const wells = results.filter(({ outcome }) => outcome === "well").length;
  const findings = (["wrong", "unknown"] as const).flatMap((wanted) =>
    results.flatMap((result) => (result.outcome === wanted ? [asFinding(result)] : [])),
  );
  const unknown = results.filter(({ outcome }) => outcome === "unknown").length;
  return { count: { kind: checksKind, desired: results.length - unknown, observed: wells }, findings };
}

/** How long until the next look, milliseconds. */
export function untilNextLookMs(results: readonly CheckResult[]): number {
  return results.every(({ outcome }) => outcome === "well") ? checkIntervalMs : checkAgainMs;
}

/** One line a check, what is wrong last so that it stays on the screen, each with its cure; then the sum. */
export function renderChecks(results: readonly CheckResult[]): string {
  const ordered = (["well", "unknown", "wrong"] as const).flatMap((wanted) =>
    results.filter(({ outcome }) => outcome === wanted),
  );
  const width = Math.max(0, ...ordered.map(({ subject }) => subject.length));
  const lines = ordered.flatMap((result) => {
    const line = `${result.outcome.padEnd(7)}  ${result.subject.padEnd(width)}  ${result.message}`;
    return result.outcome === "well"
      ? [line]
      : [line, `         ${result.reason}: ${reasons[result.reason]}`];
  });
  const count = (outcome: CheckResult["outcome"]) =>
    results.filter((result) => result.outcome === outcome).length;
  const sum = `${results.length} checks: ${count("well")} well, ${count("wrong")} wrong, ${count("unknown")} not known`;
  return [...lines, sum].map((line) => `${line}\n`).join("");
}

function asFinding({ subject, reason, message }: Finding): Finding {
  return { subject, reason, message };
}
