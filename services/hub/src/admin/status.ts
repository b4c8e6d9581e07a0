// The hub and its clusters for people: what is connected, what was reported, what was refused.

import { select, version } from "@sealane/core";
import type { World } from "@sealane/core";
import type { AdminHandlers, Report, admin } from "@sealane/wire";
import { AdminSessionState, schemaRange } from "@sealane/wire";
import type { ClusterState, Clusters, SessionState } from "../clusters.ts";
import { countServices, quarantinedByReason } from "../reading.ts";

/** What the status shows. */
export interface StatusSource {
  readonly world: () => World;
  readonly clusters: Clusters;
  readonly refusedDocuments: () => readonly string[];
  /** Unix microseconds. */
  readonly startedUnixUs: bigint;
}

const states: Readonly<Record<SessionState, AdminSessionState>> = {
  unknown: AdminSessionState.UNKNOWN,
  ready: AdminSessionState.READY,
  silent: AdminSessionState.SILENT,
};

/** A cluster as the admin API gives it. */
export type ClusterInit = Omit<admin.ClusterInfo, "$typeName" | "reports"> & {
  readonly reports: ReportInit[];
};
type ReportInit = Omit<admin.ClusterInfo["reports"][number], "$typeName" | "counts" | "findings"> & {
  readonly counts: { readonly kind: string; readonly desired: bigint; readonly observed: bigint }[];
  readonly findings: Report["findings"][number][];
};

/** GetStatus, ListClusters, GetVersion. */
export function statusVerbs(
  source: StatusSource,
): Pick<AdminHandlers, "getStatus" | "listClusters" | "getVersion"> {
  const list = () => listClusters(source);
  return {
    getStatus: async () => {
      const world = source.world();
      const quarantined = [...world.admissions.values()].flatMap(({ verdicts }) =>
        verdicts.filter((it) => !it.admitted),
      );
      return {
        version,
        startedUnixUs: source.startedUnixUs,
        meshZone: world.declared.meshZone,
        clusters: list(),
        services: countServices(world),
        rangesQuarantined: quarantined.length,
        refusedDocuments: [...source.refusedDocuments()],
      };
    },
    listClusters: async () => ({ clusters: list() }),
    getVersion: async () => ({ version, schema: schemaRange }),
  };
}

/** Every cluster that the hub has heard of, sorted by name. */
export function listClusters({ clusters, world }: Pick<StatusSource, "clusters" | "world">): ClusterInit[] {
  return clusters.all().map((cluster) => clusterInfo(cluster, world()));
}

function clusterInfo(cluster: ClusterState, world: World): ClusterInit {
  const origin = world.origins.get(cluster.name);
  const counts = cluster.session?.counts();
  const verdicts = world.admissions.get(cluster.name)?.verdicts ?? [];
  const quarantined = [...quarantinedByReason(world, cluster.name).values()].reduce(
    (sum, count) => sum + count,
    0,
  );
  return {
    name: cluster.name,
    state: states[cluster.state],
    lastSeenUnixUs: cluster.lastSeenUnixUs,
    version: cluster.version,
    address: cluster.address,
    nodes: origin?.nodes.entries.size ?? 0,
    exports: [...(origin?.exports.values() ?? [])].reduce((sum, { entries }) => sum + entries.size, 0),
    rangesAdmitted: verdicts.length - quarantined,
    rangesQuarantined: quarantined,
    shardsWanted: select(world, cluster.name).length,
    framesSent: counts?.framesSent ?? 0n,
    framesAcked: counts?.framesAcked ?? 0n,
    reports: [...cluster.reports.values()].map(reportInit).toSorted((a, b) => (a.node < b.node ? -1 : 1)),
    clockOffsetUs: counts?.clockOffsetUs ?? cluster.clockOffsetUs,
    asn: world.declared.clusters.get(cluster.name)?.asn ?? 0,
    awaited: [...cluster.awaited()],
  };
}

function reportInit({ node, counts, findings, observedUnixUs }: Report): ReportInit {
  return {
    node,
    counts: counts.map(({ kind, desired, observed }) => ({
      kind,
      desired: BigInt(desired),
      observed: BigInt(observed),
    })),
    findings: [...findings],
    observedUnixUs,
  };
}
