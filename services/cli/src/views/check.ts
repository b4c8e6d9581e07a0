// What agents and speakers found wrong with what they stand on: one item a finding, and how many checks were made,
// so that "all well" says something. Not heard of is not well.

import { checksKind, isCheckReason } from "@sealane/core";
import type { Answer } from "../exit.ts";
import { worst } from "../exit.ts";
import type { Kind } from "../print/document.ts";
import { formatAge } from "../duration.ts";
import type { Cluster, Report } from "./cluster.ts";
import { meaning } from "./explanation.ts";

/** One thing that is not well, item of a CheckReport. */
export interface CheckFinding {
  readonly cluster: string;
  /** Null when it concerns the cluster as a whole. */
  readonly node: string | null;
  readonly subject: string;
  /** From the closed list. */
  readonly reason: string;
  /** `no`: it is wrong. `unknown`: it could not be looked at. */
  readonly answer: "no" | "unknown";
  /** What was seen, for a person. */
  readonly message: string;
  /** What to do about it; null when this version does not know the reason. */
  readonly cure: string | null;
}

/** One cluster's checks in sum. */
export interface ClusterChecks {
  readonly name: string;
  readonly answer: Answer;
  /** Nodes whose speakers report. */
  readonly nodes: number;
  /** Checks that gave an answer, over the cluster and its nodes. */
  readonly checks: number;
  /** How many of these were well. */
  readonly well: number;
  /** When its agent was last heard, for a cluster that is not heard. */
  readonly lastSeen: string | null;
}

/** Everything that `check` shows. */
export interface CheckReport {
  readonly answer: Answer;
  readonly clusters: readonly ClusterChecks[];
  readonly findings: readonly CheckFinding[];
}

/** A report is repeated every ten seconds; one that is older than this is of something that does not report. */
const reportAgeMsMax = 60_000;

/** From what the hub has of the clusters; `now` is Unix milliseconds. */
export function toCheckReport(clusters: readonly Cluster[], now: number): CheckReport {
  const findings = clusters.flatMap((cluster) => findingsOf(cluster, now));
  const sums = clusters.map((cluster) => {
    const own = findings.filter((finding) => finding.cluster === cluster.name);
    return sumOf(cluster, own);
  });
  const answers = sums.map(({ answer }) => answer);
  return { answer: answers.length === 0 ? "unknown" : worst(answers), clusters: sums, findings };
}

function findingsOf(cluster: Cluster, now: number): readonly CheckFinding[] {
  const { name, agent } = cluster;
  if (agent !== "ready") return [silent(cluster, now)];
  return [
    ...cluster.reports.flatMap((report) => [...reported(name, report), ...aged(name, report, now)]),
    ...missing(cluster),
  ];
}

/**
 * What is wrong comes before what is not known, both in the reporter's order. Reasons about services and routes are
 * status's; one that this version does not know may be anything, so it is shown.
 */
function reported(cluster: string, { node, findings }: Report): readonly CheckFinding[] {
  const checked = findings.filter(({ reason }) => isCheckReason(reason) || meaning(reason) === undefined);
  const all = checked.map(({ subject, reason, message }): CheckFinding => ({
    cluster,
    node,
    subject,
    reason,
    answer: reason === "CheckNotMade" ? "unknown" : "no",
    message: message.startsWith(subject) ? message : `${subject}: ${message}`,
    cure: meaning(reason) ?? null,
  }));
  return [...all.filter(({ answer }) => answer === "no"), ...all.filter(({ answer }) => answer !== "no")];
}

function aged(cluster: string, { node, observedAt }: Report, now: number): readonly CheckFinding[] {
  const ageMs = observedAt === null ? Infinity : now - Date.parse(observedAt);
  if (ageMs <= reportAgeMsMax) return [];
  const who = node === null ? "the agent" : `the speaker on ${node}`;
  const age = observedAt === null ? "has no time" : `is ${formatAge(ageMs)} old`;
  return [
    unheard({ cluster, node, subject: "report" }, "ReportMissing", `the newest report of ${who} ${age}`),
  ];
}

/** A report without a count of checks comes from a version that makes none. */
function missing({ name, nodes, reports }: Cluster): readonly CheckFinding[] {
  const own = reports.find(({ node }) => node === null);
  const speakers = reports.filter(({ node }) => node !== null);
  const about = { cluster: name, node: null, subject: "report" };
  const says = (message: string) => unheard(about, "ReportMissing", message);
  const unchecked = reports.filter(({ counts }) => !counts.some(({ kind }) => kind === checksKind));
  return [
    ...(own === undefined ? [says("the agent has not reported yet")] : []),
    ...(speakers.length < nodes
      ? [says(`${nodes - speakers.length} of ${nodes} nodes have no speaker that reports`)]
      : []),
    ...unchecked.map(({ node }) =>
      unheard({ ...about, node }, "ReportMissing", `${node ?? "the agent"} reports no checks yet`),
    ),
  ];
}

function silent({ name, lastSeen }: Cluster, now: number): CheckFinding {
  const message =
    lastSeen === null
      ? "its agent has not connected since the hub started"
      : `its agent is silent for ${formatAge(now - Date.parse(lastSeen))}`;
  return unheard({ cluster: name, node: null, subject: "agent" }, "ClusterSilent", message);
}

function unheard(
  about: Pick<CheckFinding, "cluster" | "node" | "subject">,
  reason: "ClusterSilent" | "ReportMissing",
  message: string,
): CheckFinding {
  return { ...about, reason, answer: "unknown", message, cure: meaning(reason) ?? null };
}

function sumOf(cluster: Cluster, findings: readonly CheckFinding[]): ClusterChecks {
  const counts = cluster.reports.flatMap((report) => report.counts).filter(({ kind }) => kind === checksKind);
  const sum = (field: "desired" | "observed") => counts.reduce((total, count) => total + count[field], 0);
  return {
    name: cluster.name,
    answer: worst(findings.map(({ answer }) => answer)),
    nodes: cluster.reports.filter(({ node }) => node !== null).length,
    checks: sum("desired"),
    well: sum("observed"),
    lastSeen: cluster.lastSeen,
  };
}

const tones = { no: "bad", unknown: "unsure" } as const;

/** Of `check`. */
export const checkKind: Kind<CheckFinding> = {
  word: "finding",
  document: "CheckReport",
  name: ({ cluster, node, reason }) => [cluster, node, reason].filter((part) => part !== null).join("/"),
  columns: [
    { title: "CLUSTER", cell: (it) => it.cluster },
    { title: "NODE", cell: (it) => it.node ?? "" },
    { title: "CHECK", cell: (it) => it.reason, tone: (it) => tones[it.answer] },
    { title: "FOUND", cell: (it) => it.message, wrap: true },
    { title: "CURE", wide: true, cell: (it) => it.cure ?? "", wrap: true },
  ],
};

/** The lines below the table: the cure of each reason once, then each cluster's sum. */
export function checkLines({ findings, clusters }: CheckReport): readonly string[] {
  const cures = new Map(findings.map(({ reason, cure }) => [reason, cure]));
  return [
    ...[...cures].flatMap(([reason, cure]) => (cure === null ? [] : [`${reason}: ${cure}`])),
    ...clusters.map(sumLine),
  ];
}

function sumLine({ name, answer, nodes, checks, well }: ClusterChecks): string {
  const made = `${checks} checks of the cluster and ${nodes} ${nodes === 1 ? "node" : "nodes"}`;
  switch (answer) {
    case "yes":
      return `${name}: all well, by ${made}`;
    case "no":
      return `${name}: not well, by ${made} (${checks - well} wrong)`;
    case "unknown":
      return `${name}: not known to be well; ${made} were last reported`;
  }
}
