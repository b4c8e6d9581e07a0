// The speaker's metrics, each there from the start so that its absence means something. Labels come from
// closed lists.

import { reasons, version } from "@sealane/core";
import type { CheckResult, Reason } from "@sealane/core";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Outcome } from "./reconcile.ts";
import { reportOf } from "./reconcile.ts";

/** All metrics of one process. */
export interface Metrics {
  readonly registry: Registry;
  readonly sessionUp: Gauge;
  readonly lastMessage: Gauge;
  readonly clockOffset: Gauge;
  readonly routes: Gauge<"node" | "kind" | "state">;
  readonly findings: Gauge<"reason">;
  readonly checks: Gauge<"outcome">;
  readonly applySeconds: Histogram<"driver">;
  readonly applies: Counter<"driver" | "result">;
  readonly converged: Gauge;
  readonly propagation: Histogram<"stage">;
}

const outcomes = ["well", "wrong", "unknown"] as const;
const results = ["nothing", "applied", "repaired", "failed"] as const;
const applyBuckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
const propagationBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

/** Makes them in a registry of their own. */
export function makeMetrics(node: string, driver: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `sealane_${name}`, help, labelNames, registers });
  gauge("build_info", "Version of this program", ["version"]).set({ version }, 1);
  const metrics: Metrics = {
    registry,
    sessionUp: gauge("session_up", "1 while the session to the agent is open"),
    lastMessage: gauge(
      "session_last_message_timestamp_seconds",
      "When the agent's last frame came, Unix seconds",
    ),
    clockOffset: gauge("clock_offset_seconds", "The agent's clock minus this one's"),
    routes: gauge("routes", "Routes of this node, wanted and seen in the daemon and the kernel", [
      "node",
      "kind",
      "state",
    ]),
    findings: gauge("route_findings", "Routes that are not as wanted, by reason", ["reason"]),
    checks: gauge("checks", "Checks of what this node stands on, by what they came to", ["outcome"]),
    applySeconds: new Histogram({
      name: "sealane_route_apply_seconds",
      help: "From a changed wish to its being seen in the daemon and the kernel and confirmed",
      labelNames: ["driver"],
      buckets: applyBuckets,
      registers,
    }),
    applies: new Counter({
      name: "sealane_route_applies_total",
      help: "What setting a wish came to",
      labelNames: ["driver", "result"],
      registers,
    }),
    converged: gauge("converged_timestamp_seconds", "When everything was last seen as wanted, Unix seconds"),
    propagation: new Histogram({
      name: "sealane_propagation_seconds",
      help: "From the observation in the origin cluster to this node's kernel, clocks as they are",
      labelNames: ["stage"],
      buckets: propagationBuckets,
      registers,
    }),
  };
  for (const result of results) metrics.applies.inc({ driver, result }, 0);
  for (const reason of Object.keys(reasons)) metrics.findings.set({ reason }, 0);
  for (const outcome of outcomes) metrics.checks.set({ outcome }, 0);
  for (const kind of ["install", "originate"]) {
    for (const state of ["desired", "observed"]) metrics.routes.set({ node, kind, state }, 0);
  }
  return metrics;
}

/** Shows an outcome. What was seen last stays when nothing can be seen. */
export function showOutcome(metrics: Metrics, node: string, driver: string, outcome: Outcome): void {
  const { desired, result, tookMs } = outcome;
  metrics.applies.inc({ driver, result: result.change });
  metrics.routes.set({ node, kind: "install", state: "desired" }, desired.install.length);
  metrics.routes.set({ node, kind: "originate", state: "desired" }, desired.originate.length);
  showFindings(metrics, reportOf(outcome).findings);
  if (result.change === "failed") return;
  if (result.change === "applied") metrics.applySeconds.observe({ driver }, tookMs / 1000);
  metrics.routes.set({ node, kind: "install", state: "observed" }, result.live.install.length);
  metrics.routes.set({ node, kind: "originate", state: "observed" }, result.live.originate.length);
  if (result.findings.length === 0) metrics.converged.setToCurrentTime();
}

/** Shows what a look at the node came to. */
export function showChecks(metrics: Metrics, results: readonly CheckResult[]): void {
  for (const outcome of outcomes)
    metrics.checks.set({ outcome }, results.filter((result) => result.outcome === outcome).length);
}

function showFindings(metrics: Metrics, findings: readonly { readonly reason: Reason }[]): void {
  const counts = new Map<string, number>();
  for (const { reason } of findings) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  for (const reason of Object.keys(reasons)) metrics.findings.set({ reason }, counts.get(reason) ?? 0);
}
