// Desired against observed, for the hub and the metrics: the cluster's own counts in one report, each speaker's as
// it came. Reports never drive anything.

import type { CheckResult, Count, Finding } from "@sealane/core";
import { tallyChecks } from "@sealane/core";
import type { Report, SessionClient } from "@sealane/wire";
import { nowUnixUs } from "@sealane/wire";
import { keepChecking } from "./check/health.ts";
import type { DnsPart } from "./dns-part.ts";
import type { Executor } from "./execute/executor.ts";
import type { Agent } from "./leader.ts";
import { showChecks } from "./metrics.ts";
import type { Relay } from "./relay/relay.ts";

/** Whose counts go into the report. */
export interface ReportSources {
  readonly agent: Agent;
  readonly session: SessionClient;
  readonly executor: Executor;
  readonly dns: DnsPart;
  readonly relay: Relay;
  /** What other parts found. */
  readonly findings: () => readonly Finding[];
}

const findingsMax = 50;
/** A report that says what the last one said is sent this rarely. */
const repeatMs = 10_000;
const lookMs = 500;

/** Looks twice a second and reports what changed; everything again every ten seconds. Ends with the signal. */
export function startReports(sources: ReportSources, signal: AbortSignal): void {
  const { agent, session } = sources;
  let checks: readonly CheckResult[] = [];
  void keepChecking(
    {
      client: agent.client,
      namespace: agent.options.namespace,
      session,
      names: () => sources.dns.report(),
    },
    (results) => {
      checks = results;
      showChecks(agent.metrics, results);
    },
    signal,
  );
  let said = "";
  let saidAtMs = Number.NEGATIVE_INFINITY;
  const look = () => {
    const { counts, findings } = withChecks(gather(sources), checks);
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

interface Gathered {
  readonly counts: readonly Count[];
  readonly findings: readonly Finding[];
}

function gather({ executor, dns, findings: others }: ReportSources): Gathered {
  const names = dns.report();
  const counts = [
    ...executor.counts(),
    { kind: "names", desired: names?.desired ?? 0, observed: names?.observed ?? 0 },
  ];
  return { counts, findings: [...others(), ...executor.findings(), ...(names?.findings ?? [])] };
}

/** What checks and parts both say is said once; checks come first, as much of the rest follows from them. */
function withChecks({ counts, findings }: Gathered, results: readonly CheckResult[]): Gathered {
  const checked = tallyChecks(results);
  const key = ({ subject, reason }: Finding) => `${reason} ${subject}`;
  const said = new Set(checked.findings.map(key));
  const unsaid = findings.filter((finding) => !said.has(key(finding)));
  return { counts: [...counts, checked.count], findings: [...checked.findings, ...unsaid] };
}

function showCounts({ agent, relay }: ReportSources, counts: readonly Count[]): void {
  for (const { kind, desired, observed } of counts) {
    agent.metrics.desired.set({ kind }, desired);
    agent.metrics.drift.set({ kind }, Math.abs(desired - observed));
  }
  agent.metrics.speakers.set(relay.nodes().length);
}
