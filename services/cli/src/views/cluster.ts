// A cluster as the command line shows it.

import type { admin } from "@sealane/wire";
import type { Kind } from "../print/document.ts";
import type { Column } from "../print/table.ts";
import { formatAge } from "../duration.ts";
import type { AgentState } from "./words.ts";
import { ageOf, agentState, instant, orNull } from "./words.ts";

/** Desired against observed of one kind of thing. */
export interface Count {
  readonly kind: string;
  readonly desired: number;
  readonly observed: number;
}

/** What the cluster, or one of its nodes, said of its own effects. */
export interface Report {
  /** Null when it is the cluster's. */
  readonly node: string | null;
  readonly observedAt: string | null;
  readonly counts: readonly Count[];
  readonly findings: readonly {
    readonly subject: string;
    readonly reason: string;
    readonly message: string;
  }[];
}

/** One item of a ClusterList. */
export interface Cluster {
  readonly name: string;
  readonly agent: AgentState;
  /** RFC 3339; null when never. */
  readonly lastSeen: string | null;
  readonly version: string | null;
  readonly address: string | null;
  readonly asn: number | null;
  /** Clusters that have to speak again, or to leave, before the hub tells this one everything. */
  readonly awaited: readonly string[];
  readonly nodes: number;
  readonly exports: number;
  readonly ranges: { readonly admitted: number; readonly quarantined: number };
  readonly shardsWanted: number;
  readonly frames: { readonly sent: number; readonly acknowledged: number };
  /** The cluster's clock minus the hub's; null while unmeasured. */
  readonly clockOffsetSeconds: number | null;
  readonly reports: readonly Report[];
}

/** From the admin message. */
export function toCluster(info: admin.ClusterInfo): Cluster {
  return {
    name: info.name,
    agent: agentState(info.state),
    lastSeen: instant(info.lastSeenUnixUs),
    version: orNull(info.version),
    address: orNull(info.address),
    asn: info.asn === 0 ? null : info.asn,
    awaited: info.awaited,
    nodes: info.nodes,
    exports: info.exports,
    ranges: { admitted: info.rangesAdmitted, quarantined: info.rangesQuarantined },
    shardsWanted: info.shardsWanted,
    frames: { sent: Number(info.framesSent), acknowledged: Number(info.framesAcked) },
    clockOffsetSeconds: info.clockOffsetUs === 0n ? null : Number(info.clockOffsetUs) / 1_000_000,
    reports: info.reports.map(toReport),
  };
}

function toReport(report: admin.ClusterInfo["reports"][number]): Report {
  return {
    node: orNull(report.node),
    observedAt: instant(report.observedUnixUs),
    counts: report.counts.map(({ kind, desired, observed }) => ({
      kind,
      desired: Number(desired),
      observed: Number(observed),
    })),
    findings: report.findings.map(({ subject, reason, message }) => ({ subject, reason, message })),
  };
}

/** Everything that was observed as wanted, over all reports; undefined when nothing was reported. */
export function observedOf(
  cluster: Cluster,
): { readonly desired: number; readonly observed: number } | undefined {
  if (cluster.reports.length === 0) return undefined;
  const counts = cluster.reports.flatMap((report) => report.counts);
  const sum = (field: "desired" | "observed") => counts.reduce((total, count) => total + count[field], 0);
  return { desired: sum("desired"), observed: sum("observed") };
}

const agentTones = { ready: "good", silent: "unsure", unknown: "unsure" } as const;

const agent: Column<Cluster> = {
  title: "AGENT",
  cell: (it) => it.agent,
  tone: (it) => agentTones[it.agent],
};
const acknowledged: Column<Cluster> = {
  title: "ACKED",
  cell: (it) => (it.agent === "ready" ? `${it.frames.acknowledged}/${it.frames.sent}` : "?"),
};
const observed: Column<Cluster> = {
  title: "OBSERVED",
  cell: (it) => {
    const counts = it.agent === "ready" ? observedOf(it) : undefined;
    return counts === undefined ? "?" : `${counts.observed}/${counts.desired}`;
  },
  tone: (it) => {
    const counts = observedOf(it);
    return counts !== undefined && counts.observed !== counts.desired ? "bad" : "plain";
  },
};
const ranges: Column<Cluster> = {
  title: "RANGES",
  cell: ({ ranges: { admitted, quarantined } }) => `${admitted}/${admitted + quarantined}`,
  tone: (it) => (it.ranges.quarantined > 0 ? "bad" : "plain"),
};
const seen: Column<Cluster> = { title: "SEEN", cell: (it, { now }) => ageOf(it.lastSeen, now) };
const wide: readonly Column<Cluster>[] = [
  { title: "VERSION", wide: true, cell: (it) => it.version ?? "?" },
  { title: "ADDRESS", wide: true, cell: (it) => it.address ?? "?" },
  { title: "ASN", wide: true, cell: (it) => (it.asn === null ? "" : String(it.asn)) },
  { title: "CLOCK", wide: true, cell: (it) => clock(it.clockOffsetSeconds) },
];

/** The columns that `status` shares with `get clusters`. */
export const clusterColumns = { agent, acknowledged, observed, ranges, seen, wide } as const;

/** Of `get clusters`. */
export const clusterKind: Kind<Cluster> = {
  word: "cluster",
  document: "ClusterList",
  name: (it) => it.name,
  columns: [
    { title: "NAME", cell: (it) => it.name },
    agent,
    { title: "NODES", cell: (it) => String(it.nodes) },
    { title: "EXPORTS", cell: (it) => String(it.exports) },
    ranges,
    acknowledged,
    observed,
    ...wide,
    seen,
  ],
};

/** A clock's offset with its sign, in milliseconds below a second. */
export function clock(seconds: number | null): string {
  if (seconds === null) return "?";
  const sign = seconds < 0 ? "-" : "+";
  const ms = Math.abs(seconds) * 1_000;
  return sign + (ms < 1_000 ? `${ms.toFixed(1)}ms` : formatAge(ms));
}
