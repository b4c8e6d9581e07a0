// What an outcome is told to: the log, the metrics, the report up. What stays wrong is logged once.

import type { Logger } from "pino";
import type { CheckResult } from "@sealane/core";
import { tallyChecks } from "@sealane/core";
import { nowUnixUs } from "@sealane/wire";
import type { Report, SessionState } from "@sealane/wire";
import type { Finding } from "./driver.ts";
import type { Metrics } from "./metrics.ts";
import type { SpeakerOptions } from "./options.ts";
import type { Outcome } from "./reconcile.ts";
import { findingsMax, reportOf } from "./reconcile.ts";

const checkFindingsMax = 40;

/** The report up; without a count when nothing could be seen. `waits`: why the node announces nothing yet. */
export function toReport(node: string, outcome: Outcome, waits: Finding | undefined): Report {
  const { desired, observed, findings } = reportOf(outcome);
  const counts = observed === undefined ? [] : [{ kind: "routes", desired, observed }];
  const all = waits === undefined ? findings : [waits, ...findings];
  return { node, counts, findings: all.slice(0, findingsMax), observedUnixUs: nowUnixUs() };
}

/** Nothing is announced before kube-proxy has synced. The agent does not call the node ready before either. */
export function notSynced({ node, kubeProxyMetrics: url }: SpeakerOptions): Finding {
  const message = `kube-proxy of ${node} has not written its rules in this boot, or ${url} does not say so: nothing is announced yet`;
  return { subject: node, reason: "KubeProxyNotSynced", message };
}

/** A report with what the node's checks came to. These come first: much of the rest follows from them. */
export function withChecks(report: Report, results: readonly CheckResult[]): Report {
  const { count, findings } = tallyChecks(results);
  return {
    ...report,
    counts: [...report.counts, count].toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
    findings: [...findings.slice(0, checkFindingsMax), ...report.findings],
  };
}

/** How long the change took from its origin to this kernel, when it was a live one. */
export function showPropagation(metrics: Metrics, { result }: Outcome, observedUs: bigint | undefined): void {
  if (result.change !== "applied" || observedUs === undefined) return;
  metrics.propagation.observe({ stage: "routed" }, Math.max(0, Number(nowUnixUs() - observedUs) / 1e6));
}

/** Logs changes; what stays wrong is said once, not at every audit. */
export function outcomeLog(log: Logger): (outcome: Outcome) => void {
  let said = "";
  return ({ desired, result, tookMs }) => {
    const ms = Math.round(tookMs * 10) / 10;
    const wrong =
      result.change === "failed" ? result.error.message : JSON.stringify(result.findings.map(subjectOf));
    const isNew = wrong !== said;
    said = wrong;
    if (result.change === "failed") {
      if (isNew) log.error({ err: result.error, ms }, "routes could not be set; what stood before stands");
      return;
    }
    const { findings, change } = result;
    const fields = { change, install: desired.install.length, originate: desired.originate.length, ms };
    if (findings.length > 0 && isNew)
      log.warn({ ...fields, findings: findings.slice(0, 10) }, "some routes are not as wanted");
    else if (change !== "nothing")
      log.info(fields, change === "applied" ? "routes changed" : "routes repaired in the kernel");
  };
}

function subjectOf({ subject, reason }: Finding): string {
  return `${subject} ${reason}`;
}

/** Shows the state of the session to the agent. */
export function showState(log: Logger, metrics: Metrics, state: SessionState): void {
  metrics.sessionUp.set(state.state === "connected" ? 1 : 0);
  if (state.state === "connected") log.info({ agent: state.welcome.version }, "connected to the agent");
  if (state.state === "disconnected")
    log.warn({ why: state.error.message }, "no session with the agent; routes stay as they are");
}
