// Fuses every export of one name into one service (KEP-1645, "Constraints and Conflict Resolution"): the
// oldest export decides, ports are united, and every constituent is told of every conflict.

import { compareText } from "./compare.ts";
import { conflictsOf } from "./conflicts.ts";
import { comparePrecedence, type Constituent } from "./constituent.ts";
import type { ExportFact, ExportPort } from "./facts.ts";
import { validAnnotations, validLabels } from "./object-metadata.ts";
import type { Exporter, ExportStatus, MergedService } from "./published.ts";
import type { ServiceType } from "./service.ts";
import { portKey, uniteExportPorts } from "./unite-ports.ts";

/** The fused service, and what each constituent is told. */
export interface Merged {
  readonly service: MergedService;
  /** The same for every constituent: conflicts concern all. */
  readonly status: ExportStatus;
}

/** Fuses the accepted exports of one name, in any order; undefined when there are none. */
export function merge(exports: readonly Constituent[]): Merged | undefined {
  const ranked = exports.toSorted(comparePrecedence);
  const oldest = ranked[0];
  if (oldest === undefined) return undefined;
  const { fact } = oldest;
  const ports = uniteExportPorts(ranked.map((constituent) => constituent.fact.ports));
  const { reasons, message } = conflictsOf(ranked);
  return {
    service: {
      type: fact.type,
      owner: oldest.cluster,
      ports,
      ipFamilies: ipFamiliesOf(fact),
      sessionAffinity: fact.sessionAffinity,
      sessionAffinityTimeoutSeconds: fact.sessionAffinityTimeoutSeconds,
      internalTrafficPolicy: fact.internalTrafficPolicy,
      trafficDistribution: fact.trafficDistribution,
      labels: validLabels(fact.labels),
      annotations: validAnnotations(fact.annotations),
      exporters: ranked
        .map((constituent) => exporterOf(constituent, fact.type, ports))
        .toSorted((a, b) => compareText(a.cluster, b.cluster)),
    },
    status: { accepted: true, conflicts: reasons, message },
  };
}

/** A port counts as exposed when name, protocol and number are the merged one's. Headless names lead to pods alone. */
function exporterOf(
  { cluster, fact }: Constituent,
  type: ServiceType,
  ports: readonly ExportPort[],
): Exporter {
  const { clusterAddresses } = fact;
  const own = new Set(fact.ports.map(portKey));
  const exposed = ports.filter((port) => own.has(portKey(port)));
  const endpoints = type === "Headless" || clusterAddresses.length === 0 ? "pods" : fact.endpoints;
  return { cluster, clusterAddresses, ports: exposed.map((port) => port.name), endpoints };
}

/** The families in their order, each once: a ServiceImport takes no others. */
function ipFamiliesOf({ ipFamilies }: ExportFact): readonly string[] {
  const known = [...new Set(ipFamilies)].filter((family) => family === "IPv4" || family === "IPv6");
  return known.length === ipFamilies.length ? ipFamilies : known;
}
