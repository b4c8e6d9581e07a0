// Desired against observed, for the hub and the metrics: the cluster's own counts in one report, each speaker's as
// it came. Reports never drive anything.

import type { Count, Finding } from "@sealane/core";
import type { Report, SessionClient } from "@sealane/wire";
import { nowUnixUs } from "@sealane/wire";
import type { DnsPart } from "./dns-part.ts";
import type { Executor } from "./execute/executor.ts";
import type { Agent } from "./leader.ts";
import type { Relay } from "./relay/relay.ts";

/** Whose counts go into the report. */
export interface ReportSources {
  readonly agent: Agent;
  readonly session: SessionClient;
  readonly executor: Executor;
  readonly dns: DnsPart;
  readonly relay: Relay;
}

const findingsMax = 50;
/** A report that says what the last one said is sent this rarely. */
const repeatMs = 10_000;
const lookMs = 500;

/** Looks twice a second and reports what changed; everything again every ten seconds. Ends with the signal. */
export function startReports(sources: ReportSources, signal: AbortSignal): void {
  const { agent, session } = sources;
  let said = "";
  let saidAtMs = Number.NEGATIVE_INFINITY;
  const look = () => {
    const { counts, findings } = gather(sources);
    showCounts(sources, counts);
    const text = JSON.stringify({ counts, findings, open: session.counts !== undefined });
    if (text === said && performance.now() - saidAtMs < repeatMs) return;
    said = text;
    saidAtMs = performance.now();
    session.report(clusterReport(counts, findings));
    const offsetUs = session.counts?.clockOffsetUs;
    if (offsetUs !== undefined) agent.metrics.clockOffset.set(Number(offsetUs) / 1e6);
  };
  const timer = setInterval(look, lookMs);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/** The cluster's own report, bounded, kinds sorted. */
function clusterReport(counts: readonly Count[], findings: readonly Finding[]): Report {
  return {
    node: "",
    counts: counts.toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
    findings: findings.slice(0, findingsMax),
    observedUnixUs: nowUnixUs(),
  };
}

function gather({ executor, dns }: ReportSources): {
  counts: readonly Count[];
  findings: readonly Finding[];
} {
  const names = dns.report();
  const counts = [
    ...executor.counts(),
    { kind: "names", desired: names?.desired ?? 0, observed: names?.observed ?? 0 },
  ];
  return { counts, findings: [...executor.findings(), ...(names?.findings ?? [])] };
}

function showCounts({ agent, relay }: ReportSources, counts: readonly Count[]): void {
  for (const { kind, desired, observed } of counts) {
    agent.metrics.desired.set({ kind }, desired);
    agent.metrics.drift.set({ kind }, Math.abs(desired - observed));
  }
  agent.metrics.speakers.set(relay.nodes().length);
}
