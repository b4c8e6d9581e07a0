// The hub's gauges as one table: name, question, labels, and what a reading answers. Labels come from closed
// lists and cluster names; series of a cluster that is gone go with it.

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

/** One series' value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A gauge without its `sealane_` prefix. */
export interface GaugeRow {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly samples: (reading: HubReading) => readonly Sample[];
}

const states: readonly SessionState[] = ["ready", "silent", "unknown"];

/** A gauge with one sample for each cluster. */
function perCluster(name: string, help: string, valueOf: (cluster: ClusterReading) => number): GaugeRow {
  const samples = ({ clusters }: HubReading): readonly Sample[] =>
    clusters.map((reading) => ({ labels: { cluster: reading.cluster }, value: valueOf(reading) }));
  return { name, help, labelNames: ["cluster"], samples };
}

/** A gauge with a sample for each cluster and reason; `always` is there from the start. */
function perReason(
  { name, help, always }: { readonly name: string; readonly help: string; readonly always: string },
  countsOf: (cluster: ClusterReading) => ReadonlyMap<string, number>,
): GaugeRow {
  const samples = ({ clusters }: HubReading): readonly Sample[] =>
    clusters.flatMap((reading) => {
      const counts = new Map([[always, 0], ...countsOf(reading)]);
      return [...counts].map(([reason, value]) => ({ labels: { cluster: reading.cluster, reason }, value }));
    });
  return { name, help, labelNames: ["cluster", "reason"], samples };
}

/** A gauge with a sample for each cluster and kind that its reports count. */
function perKind(
  name: string,
  help: string,
  valueOf: (count: { readonly desired: number; readonly observed: number }) => number,
): GaugeRow {
  const samples = ({ clusters }: HubReading): readonly Sample[] =>
    clusters.flatMap(({ cluster, counts }) =>
      [...counts].map(([kind, count]) => ({ labels: { cluster, kind }, value: valueOf(count) })),
    );
  return { name, help, labelNames: ["cluster", "kind"], samples };
}

/** Every gauge. */
export const gauges: readonly GaugeRow[] = [
  {
    name: "clusters",
    help: "Clusters by state of their session.",
    labelNames: ["state"],
    samples: ({ clusters }) =>
      states.map((state) => ({
        labels: { state },
        value: clusters.filter((it) => it.state === state).length,
      })),
  },
  {
    name: "services",
    help: "Merged services.",
    labelNames: [],
    samples: ({ services }) => [{ labels: {}, value: services }],
  },
  {
    name: "documents_refused",
    help: "Faults in the watched directory.",
    labelNames: [],
    samples: ({ refusedDocuments }) => [{ labels: {}, value: refusedDocuments }],
  },
  {
    name: "certificate_expiry_timestamp_seconds",
    help: "When certificates end.",
    labelNames: ["role"],
    samples: (reading) => [{ labels: { role: "server" }, value: reading.certificateExpiryUnixMs / 1000 }],
  },
  perCluster("session_up", "1 while the cluster's agent is connected.", ({ state }) =>
    state === "ready" ? 1 : 0,
  ),
  perCluster(
    "session_last_message_timestamp_seconds",
    "Last message of the cluster; 0 when never.",
    ({ lastSeenUnixUs }) => Number(lastSeenUnixUs) / 1e6,
  ),
  perCluster(
    "clock_offset_seconds",
    "The cluster's clock minus the hub's.",
    (it) => Number(it.clockOffsetUs) / 1e6,
  ),
  perReason(
    { name: "exports", help: "Exports; the reason is empty for accepted ones.", always: "" },
    (it) => it.exports,
  ),
  perReason(
    {
      name: "ranges_quarantined",
      help: "Ranges that a cluster reports and does not hold.",
      always: "RangeOverlap",
    },
    (it) => it.quarantined,
  ),
  perKind("desired_entries", "What the cluster wants, as it reports.", ({ desired }) => desired),
  perKind(
    "drift_entries",
    "What is wanted and was not observed.",
    ({ desired, observed }) => desired - observed,
  ),
];
