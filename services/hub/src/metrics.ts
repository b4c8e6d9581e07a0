// What the hub counts, under names that never vary. State is read when it is asked for; only events are kept.
// Labels come from closed lists and cluster names, never from services, pods or error texts.

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { SessionState } from "./clusters.ts";

/** One cluster at the moment of asking. */
export interface ClusterReading {
  readonly cluster: string;
  readonly state: SessionState;
  readonly lastSeenUnixUs: bigint;
  readonly clockOffsetUs: bigint;
  /** How many exports, by reason of refusal; accepted ones under the empty reason. */
  readonly exports: ReadonlyMap<string, number>;
  /** How many ranges are quarantined, by reason. */
  readonly quarantined: ReadonlyMap<string, number>;
  /** What the cluster's newest reports say, by kind. */
  readonly counts: ReadonlyMap<string, { readonly desired: number; readonly observed: number }>;
}

/** The hub at the moment of asking. */
export interface HubReading {
  readonly clusters: readonly ClusterReading[];
  readonly services: number;
  readonly refusedDocuments: number;
  readonly certificateExpiryUnixMs: number;
}

/** Events that are counted as they happen. */
export interface HubMetrics {
  /** A published entry, this long after its origin observed the change. */
  readonly published: (seconds: number) => void;
  readonly sessionEnded: (reason: string) => void;
  readonly callRefused: () => void;
  readonly storeFailed: () => void;
  /** The text of all metrics. */
  readonly render: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

const propagationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics over a reading of the hub. */
export function hubMetrics(
  build: { readonly version: string; readonly schema: string },
  read: () => HubReading,
): HubMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: "sealane_build_info",
    help: "1; the hub's version and schema.",
    labelNames: ["version", "schema"],
    registers,
  })
    .labels(build.version, build.schema)
    .set(1);
  registerReadings(registers, read);
  const propagation = new Histogram({
    name: "sealane_propagation_seconds",
    help: "From a change being observed at its origin to its being published here.",
    labelNames: ["stage"],
    buckets: propagationBuckets,
    registers,
  });
  propagation.zero({ stage: "published" });
  const ended = new Counter({
    name: "sealane_sessions_ended_total",
    help: "Sessions that ended, by reason.",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of [
    "malformed",
    "oversized",
    "mismatch",
    "schema",
    "denied",
    "superseded",
    "closed",
    "internal",
  ]) {
    ended.labels(reason).inc(0);
  }
  const refused = new Counter({
    name: "sealane_calls_refused_total",
    help: "Calls by unknown certificates.",
    registers,
  });
  const failed = new Counter({
    name: "sealane_store_failures_total",
    help: "Writes that the store refused.",
    registers,
  });
  return {
    published: (seconds) => propagation.labels("published").observe(Math.max(0, seconds)),
    sessionEnded: (reason) => ended.labels(reason).inc(),
    callRefused: () => refused.inc(),
    storeFailed: () => failed.inc(),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

type Registers = Registry[];

function registerReadings(registers: Registers, read: () => HubReading): void {
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    fill: (set: (labels: Record<L, string>, value: number) => void, reading: HubReading) => void,
  ): void => {
    const made: Gauge<L> = new Gauge<L>({
      name: `sealane_${name}`,
      help,
      labelNames: [...labelNames],
      registers,
      collect: () => {
        made.reset();
        fill((labels, value) => made.set(labels as never, value), read());
      },
    });
  };
  const states: readonly SessionState[] = ["ready", "silent", "unknown"];
  gauge("clusters", "Clusters by state of their session.", ["state"], (set, { clusters }) => {
    for (const state of states) set({ state }, clusters.filter((it) => it.state === state).length);
  });
  gauge("services", "Merged services.", [], (set, { services }) => set({}, services));
  gauge("documents_refused", "Faults in the watched directory.", [], (set, reading) =>
    set({}, reading.refusedDocuments),
  );
  gauge("certificate_expiry_timestamp_seconds", "When certificates end.", ["role"], (set, reading) =>
    set({ role: "server" }, reading.certificateExpiryUnixMs / 1000),
  );
  gauge("session_up", "1 while the cluster's agent is connected.", ["cluster"], (set, { clusters }) => {
    for (const { cluster, state } of clusters) set({ cluster }, state === "ready" ? 1 : 0);
  });
  gauge(
    "session_last_message_timestamp_seconds",
    "Last message of the cluster; 0 when never.",
    ["cluster"],
    (set, { clusters }) => {
      for (const { cluster, lastSeenUnixUs } of clusters) set({ cluster }, Number(lastSeenUnixUs) / 1e6);
    },
  );
  gauge("clock_offset_seconds", "The cluster's clock minus the hub's.", ["cluster"], (set, { clusters }) => {
    for (const { cluster, clockOffsetUs } of clusters) set({ cluster }, Number(clockOffsetUs) / 1e6);
  });
  gauge(
    "exports",
    "Exports; reason is empty for accepted ones.",
    ["cluster", "reason"],
    (set, { clusters }) => {
      for (const { cluster, exports } of clusters) {
        set({ cluster, reason: "" }, 0);
        for (const [reason, count] of exports) set({ cluster, reason }, count);
      }
    },
  );
  gauge(
    "ranges_quarantined",
    "Ranges that the cluster reports and does not hold.",
    ["cluster", "reason"],
    (set, { clusters }) => {
      for (const { cluster, quarantined } of clusters) {
        set({ cluster, reason: "RangeOverlap" }, 0);
        for (const [reason, count] of quarantined) set({ cluster, reason }, count);
      }
    },
  );
  gauge(
    "desired_entries",
    "What the cluster wants, as it reports.",
    ["cluster", "kind"],
    (set, { clusters }) => {
      for (const { cluster, counts } of clusters)
        for (const [kind, { desired }] of counts) set({ cluster, kind }, desired);
    },
  );
  gauge("drift_entries", "What is wanted and was not observed.", ["cluster", "kind"], (set, { clusters }) => {
    for (const { cluster, counts } of clusters) {
      for (const [kind, { desired, observed }] of counts) set({ cluster, kind }, desired - observed);
    }
  });
}
