// The speaker's reports: what its routes last came to and what its checks last found, sent when either is new.

import type { CheckResult } from "@sealane/core";
import { noRoutes } from "@sealane/core";
import type { Report } from "@sealane/wire";
import { contextOf, keepChecking } from "./check/health.ts";
import type { Finding } from "./driver.ts";
import type { Ip } from "./ip.ts";
import type { AgentLink } from "./link.ts";
import type { Metrics } from "./metrics.ts";
import { showChecks } from "./metrics.ts";
import type { SpeakerOptions } from "./options.ts";
import type { Outcome } from "./reconcile.ts";
import { toReport, withChecks } from "./tell.ts";

/** Changes come in bursts, and a report is about where they led to. */
const quietMs = 100;

/** What reports are made of, and where they go. */
export interface ReportingOptions {
  readonly options: SpeakerOptions;
  readonly ip: Ip;
  readonly link: AgentLink;
  readonly metrics: Metrics;
}

/** Running reports. */
export interface Reporting {
  /** `waits`: why the node announces nothing yet. */
  readonly onOutcome: (outcome: Outcome, waits: Finding | undefined) => void;
  /** Sends the last report again: there is somebody new to hear it. */
  readonly repeat: () => void;
}

/** Starts the node's checks and reports them with each outcome; ends with the signal. */
export function startReporting(
  { options, ip, link, metrics }: ReportingOptions,
  signal: AbortSignal,
): Reporting {
  let desired = noRoutes;
  let report: Report | undefined;
  let checks: readonly CheckResult[] = [];
  const send = () => {
    if (report !== undefined) link.report(withChecks(report, checks));
  };
  let soon: NodeJS.Timeout | undefined;
  const repeat = () => {
    soon ??= setTimeout(() => {
      soon = undefined;
      send();
    }, quietMs);
  };
  signal.addEventListener("abort", () => clearTimeout(soon), { once: true });
  const context = () => ({
    ...contextOf(desired),
    peerPodPrefixes: link.peerPodPrefixes,
    clockOffsetSeconds: link.clockOffsetSeconds,
  });
  const onResults = (results: readonly CheckResult[]) => {
    checks = results;
    showChecks(metrics, results);
    repeat();
  };
  void keepChecking({ ...options, ip }, context, onResults, signal);
  return {
    repeat,
    onOutcome: (outcome, waits) => {
      desired = outcome.desired;
      report = toReport(options.node, outcome, waits);
      repeat();
    },
  };
}
