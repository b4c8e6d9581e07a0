// Everything known about one cluster, for a person and as one document.

import type { Fact, Section } from "../print/sections.ts";
import { section } from "../print/sections.ts";
import type { Column } from "../print/table.ts";
import type { Count } from "./cluster.ts";
import { clock, observedOf } from "./cluster.ts";
import type { Event } from "./event.ts";
import { eventKind } from "./event.ts";
import type { Name } from "./name.ts";
import { nameKind } from "./name.ts";
import type { Range } from "./range.ts";
import { rangeListKind } from "./range.ts";
import type { Route } from "./route.ts";
import { routeKind } from "./route.ts";
import type { Export, Service } from "./service.ts";
import type { ClusterStatus } from "./status.ts";
import { ageOf } from "./words.ts";

/** The one item of a ClusterDescription. */
export interface ClusterDescription {
  readonly cluster: ClusterStatus;
  readonly ranges: readonly Range[];
  /** Services that it exports, with what was decided about its part. */
  readonly exports: readonly OwnExport[];
  /** What its nodes are to install, and what is withheld. */
  readonly routes: readonly Route[];
  /** Names that it answers. */
  readonly names: readonly Name[];
  readonly events: readonly Event[];
}

interface OwnExport extends Export {
  readonly service: string;
  readonly addresses: readonly string[];
}

interface ReportedCount extends Count {
  readonly node: string | null;
  readonly observedAt: string | null;
}

interface NodeFinding {
  readonly node: string | null;
  readonly subject: string;
  readonly reason: string;
  readonly message: string;
}

/** The part of each service that the cluster exports. */
export function ownExports(cluster: string, services: readonly Service[]): readonly OwnExport[] {
  return services.flatMap(({ namespace, name, exports, exporters }) =>
    exports
      .filter((it) => it.cluster === cluster)
      .map((it) => ({
        ...it,
        service: `${namespace}/${name}`,
        addresses: exporters.find((exporter) => exporter.cluster === cluster)?.clusterAddresses ?? [],
      })),
  );
}

/** The facts at its head. */
export function clusterFacts({ cluster }: ClusterDescription, now: number): readonly Fact[] {
  const { healthy, reason, message, agent, address, version, frames, ranges } = cluster;
  const observed = observedOf(cluster);
  return [
    ["Name", cluster.name],
    [
      "Healthy",
      healthy === "yes"
        ? "yes"
        : `${healthy}: ${message}${reason === null || message.includes(reason) ? "" : ` (${reason})`}`,
    ],
    ["Agent", agent === "unknown" ? agent : `${agent}, version ${version ?? "?"}, at ${address ?? "?"}`],
    ["Heard", cluster.lastSeen === null ? "never" : `${ageOf(cluster.lastSeen, now)} ago`],
    ["Clock", clock(cluster.clockOffsetSeconds)],
    ["ASN", cluster.asn === null ? "not declared" : String(cluster.asn)],
    ["Nodes", String(cluster.nodes)],
    ["Ranges", `${ranges.admitted} admitted, ${ranges.quarantined} quarantined`],
    ["Acked", `${frames.acknowledged} of ${frames.sent} frames`],
    [
      "Observed",
      observed === undefined ? "nothing yet" : `${observed.observed} of ${observed.desired} as wanted`,
    ],
  ];
}

/** The tables below. */
export function clusterSections(description: ClusterDescription): readonly Section[] {
  const { cluster, ranges, exports, routes, names, events } = description;
  const only = `--cluster ${cluster.name} -o wide`;
  const counts = cluster.reports.flatMap(({ node, observedAt, counts: all }) =>
    all.map((count) => ({ ...count, node, observedAt })),
  );
  const findings = cluster.reports.flatMap((report) =>
    report.findings.map((finding) => ({ ...finding, node: report.node })),
  );
  return [
    section("Ranges", rangeListKind.columns, ranges, `sealane get ranges ${only}`),
    section("Exports", exportColumns, exports, `sealane get services ${only}`),
    section("Routes", routeKind.columns, routes, `sealane get routes ${only}`),
    section("Names", nameKind.columns, names, `sealane get names ${only}`),
    section("Reports", countColumns, counts, `sealane get clusters ${cluster.name} -o yaml`),
    section("Findings", findingColumns, findings, `sealane get clusters ${cluster.name} -o yaml`),
    section("Events", eventKind.columns, events.slice(-eventsMax), `sealane get events ${only}`),
  ];
}

/** Of a description, the newest. */
export const eventsMax = 10;

const exportColumns: readonly Column<OwnExport>[] = [
  { title: "SERVICE", cell: (it) => it.service },
  {
    title: "DECISION",
    cell: (it) => (it.accepted ? "accepted" : "refused"),
    tone: (it) => (it.accepted ? "good" : "bad"),
  },
  { title: "ADDRESSES", cell: (it) => it.addresses.join(",") },
  { title: "REASON", cell: (it) => it.reason ?? it.conflicts.join(",") },
  { title: "MESSAGE", cell: (it) => it.message, wrap: true },
];

const countColumns: readonly Column<ReportedCount>[] = [
  { title: "NODE", cell: (it) => it.node ?? "(cluster)" },
  { title: "KIND", cell: (it) => it.kind },
  { title: "DESIRED", cell: (it) => String(it.desired) },
  {
    title: "OBSERVED",
    cell: (it) => String(it.observed),
    tone: (it) => (it.observed === it.desired ? "plain" : "bad"),
  },
  { title: "AGE", cell: (it, { now }) => ageOf(it.observedAt, now) },
];

const findingColumns: readonly Column<NodeFinding>[] = [
  { title: "NODE", cell: (it) => it.node ?? "(cluster)" },
  { title: "SUBJECT", cell: (it) => it.subject },
  { title: "REASON", cell: (it) => it.reason, tone: () => "bad" },
  { title: "MESSAGE", cell: (it) => it.message, wrap: true },
];
