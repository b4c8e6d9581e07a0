// The agent's metrics, each there from the start so that its absence means something. Labels come from closed lists.

import type { CheckResult } from "@sealane/core";
import { version } from "@sealane/core";
import type { ShardChange } from "@sealane/wire";
import { nowUnixUs } from "@sealane/wire";
import { Gauge, Histogram, Registry } from "prom-client";

/** All metrics of one process. */
export interface Metrics {
  readonly registry: Registry;
  readonly leader: Gauge;
  readonly sessionUp: Gauge;
  readonly certificateExpiry: Gauge;
  readonly speakers: Gauge;
  readonly desired: Gauge<"kind">;
  readonly drift: Gauge<"kind">;
  readonly checks: Gauge<"outcome">;
  readonly propagation: Histogram<"stage">;
  readonly clockOffset: Gauge;
}

const secondsBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

/** Makes them in a registry of their own. */
export function makeMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: "sealane_build_info",
    help: "Version of this program",
    labelNames: ["version"],
    registers,
  }).set({ version }, 1);
  return {
    registry,
    leader: new Gauge({ name: "sealane_agent_leader", help: "1 while this replica leads", registers }),
    sessionUp: new Gauge({
      name: "sealane_session_up",
      help: "1 while the session to the hub is open",
      registers,
    }),
    certificateExpiry: new Gauge({
      name: "sealane_certificate_expiry_timestamp_seconds",
      help: "When the certificate towards the hub ends, Unix seconds",
      registers,
    }),
    speakers: new Gauge({ name: "sealane_speakers", help: "Speakers connected to this agent", registers }),
    desired: new Gauge({
      name: "sealane_desired_entries",
      help: "What should be, by kind",
      labelNames: ["kind"],
      registers,
    }),
    drift: new Gauge({
      name: "sealane_drift_entries",
      help: "What is not as it should be, by kind",
      labelNames: ["kind"],
      registers,
    }),
    checks: checksGauge(registers),
    propagation: new Histogram({
      name: "sealane_propagation_seconds",
      help: "From the observation in the origin cluster to its arrival here, clocks as they are",
      labelNames: ["stage"],
      buckets: secondsBuckets,
      registers,
    }),
    clockOffset: new Gauge({
      name: "sealane_clock_offset_seconds",
      help: "The hub's clock minus this one's",
      registers,
    }),
  };
}

const outcomes = ["well", "wrong", "unknown"] as const;

function checksGauge(registers: Registry[]): Gauge<"outcome"> {
  const gauge = new Gauge({
    name: "sealane_checks",
    help: "Checks of what the cluster's part stands on, by what they came to",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of outcomes) gauge.set({ outcome }, 0);
  return gauge;
}

/** Shows what a look at the cluster came to. */
export function showChecks(metrics: Metrics, results: readonly CheckResult[]): void {
  for (const outcome of outcomes)
    metrics.checks.set({ outcome }, results.filter((result) => result.outcome === outcome).length);
}

/** Times what arrived live, by the origin's stamp: at this agent, before it is written. */
export function showPropagation(metrics: Metrics, changes: readonly ShardChange[]): void {
  const now = nowUnixUs();
  for (const { id, entries, completed } of changes) {
    if (completed || id.kind !== "reach") continue;
    for (const { observedUnixUs } of entries) {
      if (observedUnixUs > 0n)
        metrics.propagation.observe({ stage: "received" }, Number(now - observedUnixUs) / 1e6);
    }
  }
}
