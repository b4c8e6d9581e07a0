// The status: whether each cluster is as it should be, is not, or cannot be known to be.

import type { admin } from "@sealane/wire";
import type { Answer } from "../exit.ts";
import { worst } from "../exit.ts";
import type { Kind } from "../print/document.ts";
import { formatAge } from "../duration.ts";
import type { Cluster } from "./cluster.ts";
import { clusterColumns, observedOf, toCluster } from "./cluster.ts";
import type { Range } from "./range.ts";
import { describeRange } from "./range.ts";
import { instant, orNull } from "./words.ts";

/** A cluster with its judgement, item of a Status. */
export interface ClusterStatus extends Cluster {
  /** Whether it is as it should be. */
  readonly healthy: Answer;
  /** From the closed list; null when healthy, or when no single reason is known. */
  readonly reason: string | null;
  /** For a person; empty when healthy. */
  readonly message: string;
  /** The command that leads on; empty when healthy. */
  readonly next: string;
}

/** The hub's own part. */
export interface HubStatus {
  readonly address: string;
  readonly version: string;
  readonly startedAt: string | null;
  readonly meshZone: string | null;
  readonly services: number;
  readonly rangesQuarantined: number;
  readonly refusedDocuments: readonly string[];
}

/** Everything that `status` shows. */
export interface Status {
  readonly healthy: Answer;
  readonly hub: HubStatus;
  readonly clusters: readonly ClusterStatus[];
}

/** The status from the hub's answer and the quarantined ranges; `now` is Unix milliseconds. */
export function toStatus(
  address: string,
  response: admin.GetStatusResponse,
  quarantined: readonly Range[],
  now: number,
): Status {
  const clusters = response.clusters.map(toCluster).map((cluster) => {
    const own = quarantined.filter((range) => range.cluster === cluster.name);
    return { ...cluster, ...judge(cluster, own, now) };
  });
  const documents: Answer = response.refusedDocuments.length > 0 ? "no" : "yes";
  return {
    healthy: worst([documents, ...clusters.map((cluster) => cluster.healthy)]),
    hub: {
      address,
      version: response.version,
      startedAt: instant(response.startedUnixUs),
      meshZone: orNull(response.meshZone),
      services: response.services,
      rangesQuarantined: response.rangesQuarantined,
      refusedDocuments: response.refusedDocuments,
    },
    clusters,
  };
}

type Judgement = Pick<ClusterStatus, "healthy" | "reason" | "message" | "next">;

/** Contact and what the hub cannot tell it first, since without either the rest is old; then refusals, then the rest. */
function judge(cluster: Cluster, quarantined: readonly Range[], now: number): Judgement {
  const { name } = cluster;
  if (cluster.agent !== "ready") return judgeContact(cluster, now);
  if (cluster.awaited.length > 0) return judgeAwaited(cluster);
  const [range] = quarantined;
  if (range !== undefined || cluster.ranges.quarantined > 0) {
    const message = range === undefined ? `${cluster.ranges.quarantined} quarantined` : describeRange(range);
    return {
      healthy: "no",
      reason: range?.reason ?? null,
      message,
      next: `sealane get ranges --cluster ${name}`,
    };
  }
  const findings = cluster.reports.flatMap((report) =>
    report.findings.map((it) => ({ ...it, node: report.node })),
  );
  // What could not be looked at is no more than not known.
  const finding = findings.find(({ reason }) => reason !== "CheckNotMade") ?? findings[0];
  if (finding !== undefined) {
    const where = finding.node === null ? "" : `${finding.node}: `;
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
    const message = `${where}${sentence(finding)}${more}`;
    return {
      healthy: finding.reason === "CheckNotMade" ? "unknown" : "no",
      reason: orNull(finding.reason),
      message,
      next: `sealane explain ${finding.reason}`,
    };
  }
  const counts = observedOf(cluster);
  const next = `sealane get clusters ${name} -o yaml`;
  if (counts === undefined) {
    return { healthy: "unknown", reason: null, message: "connected, but nothing was observed yet", next };
  }
  if (counts.observed === counts.desired) return { healthy: "yes", reason: null, message: "", next: "" };
  return {
    healthy: "no",
    reason: null,
    message: `observed ${counts.observed} of ${counts.desired} as wanted`,
    next,
  };
}

/** A finding with its subject, which some messages, as those of files, begin with. */
function sentence({ subject, message }: { readonly subject: string; readonly message: string }): string {
  return message.startsWith(`${subject}:`) ? message : `${subject}: ${message}`;
}

function judgeContact(cluster: Cluster, now: number): Judgement {
  const message =
    cluster.lastSeen === null
      ? "its agent has not connected since the hub started; nothing is known of it"
      : `silent for ${formatAge(now - Date.parse(cluster.lastSeen))}, on its last good state`;
  return { healthy: "unknown", reason: "ClusterSilent", message, next: "sealane explain ClusterSilent" };
}

function judgeAwaited({ awaited }: Cluster): Judgement {
  const message =
    `has seen more than this hub started from, and keeps what it has of these until they have connected or left: ` +
    awaited.join(", ");
  return { healthy: "unknown", reason: "HubBehind", message, next: "sealane explain HubBehind" };
}

/** Of `status`. */
export const statusKind: Kind<ClusterStatus> = {
  word: "cluster",
  document: "Status",
  name: (it) => it.name,
  columns: [
    { title: "NAME", cell: (it) => it.name },
    clusterColumns.agent,
    clusterColumns.acknowledged,
    clusterColumns.observed,
    clusterColumns.ranges,
    {
      title: "REASON",
      cell: (it) => it.reason ?? "",
      tone: (it) => (it.healthy === "no" ? "bad" : "unsure"),
    },
    ...clusterColumns.wide,
    clusterColumns.seen,
  ],
};

/** The lines below the table: one for each cluster that is not well, each refused document, and the hub's own. */
export function statusLines(status: Status, now: number): readonly string[] {
  const { hub } = status;
  const up = hub.startedAt === null ? "" : `, up ${formatAge(now - Date.parse(hub.startedAt))}`;
  const zone = hub.meshZone === null ? "no mesh zone declared" : `zone ${hub.meshZone}`;
  return [
    ...status.clusters
      .filter((cluster) => cluster.healthy !== "yes")
      .map((cluster) => `${cluster.name}: ${cluster.message}. Next: ${cluster.next}`),
    ...hub.refusedDocuments.map((document) => `refused: ${document}`),
    `hub ${hub.address}: version ${hub.version}${up}, ${zone}, services ${hub.services}`,
  ];
}
