// What the hub counts, under names that never vary. State is read when it is asked for, once for all gauges; only
// events are kept.

import { eventKinds } from "@sealane/core";
import type { EventKind } from "@sealane/core";
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { gauges } from "./gauges.ts";
import type { HubReading } from "./gauges.ts";

/** Events that are counted as they happen. */
export interface HubMetrics {
  /** An entry was published, this long after its origin observed the change. */
  readonly published: (seconds: number) => void;
  readonly sessionEnded: (reason: string) => void;
  /** The journal was told of an occurrence. */
  readonly noted: (kind: EventKind) => void;
  readonly callRefused: () => void;
  readonly storeFailed: () => void;
  readonly registry: Registry;
  /** The text of all metrics. */
  readonly render: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** How often the delay of the event loop is measured; the library's own 10 ms would wake an idle hub all the time. */
const eventLoopMs = 1_000;

const propagationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Codes of WireError, and `internal` for everything else. */
const endReasons = [
  "malformed",
  "oversized",
  "mismatch",
  "schema",
  "denied",
  "superseded",
  "closed",
  "internal",
];

/** Metrics over a reading of the hub. */
export function hubMetrics(
  build: { readonly version: string; readonly schema: string },
  read: () => HubReading,
): HubMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopMs });
  const counter = (name: string, help: string, labelNames: readonly string[] = []): Counter =>
    new Counter({ name: `sealane_${name}`, help, labelNames, registers });
  const info = { name: "sealane_build_info", help: "1; the hub's version and schema.", registers };
  new Gauge({ ...info, labelNames: ["version", "schema"] }).labels(build.version, build.schema).set(1);
  const fill = registerGauges(registers);
  const propagation = new Histogram({
    name: "sealane_propagation_seconds",
    help: "From a change being observed at its origin to its being published here.",
    labelNames: ["stage"],
    buckets: propagationBuckets,
    registers,
  });
  propagation.zero({ stage: "published" });
  const ended = counter("sessions_ended_total", "Sessions that ended, by reason.", ["reason"]);
  for (const reason of endReasons) ended.labels(reason).inc(0);
  const events = counter("events_total", "What the journal was told, by kind of event.", ["kind"]);
  for (const kind of Object.keys(eventKinds)) events.labels(kind).inc(0);
  const refused = counter("calls_refused_total", "Calls by unknown certificates.");
  const failed = counter("store_failures_total", "Writes that the store refused.");
  return {
    published: (seconds) => propagation.labels("published").observe(Math.max(0, seconds)),
    sessionEnded: (reason) => ended.labels(reason).inc(),
    noted: (kind) => events.labels(kind).inc(),
    callRefused: () => refused.inc(),
    storeFailed: () => failed.inc(),
    registry,
    render: async () => {
      fill(read());
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** Registers every gauge and gives what fills them all from one reading. */
function registerGauges(registers: Registry[]): (reading: HubReading) => void {
  const made = gauges.map((row) => {
    const { name, help, labelNames } = row;
    return { row, gauge: new Gauge({ name: `sealane_${name}`, help, labelNames, registers }) };
  });
  return (reading) => {
    for (const { row, gauge } of made) {
      gauge.reset();
      for (const { labels, value } of row.samples(reading)) gauge.set(labels, value);
    }
  };
}
