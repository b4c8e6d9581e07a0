// Fuses every export of one name into one service (KEP-1645, "Constraints and Conflict Resolution"): the
// oldest export decides, ports are united, and every constituent is told of every conflict.

import { compareText, sameValue } from "./compare.ts";
import { conflictsOf, type Constituent } from "./conflicts.ts";
import type { ExportPort } from "./facts.ts";
import type { Exporter, ExportStatus, MergedService } from "./published.ts";

/** The fused service, and what each constituent is told. */
export interface Merged {
  readonly service: MergedService;
  /** The same for every constituent: conflicts concern all. */
  readonly status: ExportStatus;
}

/** Orders exports by seniority: creation time, then cluster, then uid. The oldest comes first. */
function comparePrecedence(a: Constituent, b: Constituent): number {
  return (
    a.fact.createdAt - b.fact.createdAt ||
    compareText(a.cluster, b.cluster) ||
    compareText(a.fact.uid, b.fact.uid)
  );
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
      ipFamilies: fact.ipFamilies,
      sessionAffinity: fact.sessionAffinity,
      sessionAffinityTimeoutSeconds: fact.sessionAffinityTimeoutSeconds,
      internalTrafficPolicy: fact.internalTrafficPolicy,
      trafficDistribution: fact.trafficDistribution,
      labels: sortedRecord(fact.labels),
      annotations: sortedRecord(fact.annotations),
      exporters: ranked
        .map((constituent) => exporterOf(constituent, ports))
        .toSorted((a, b) => compareText(a.cluster, b.cluster)),
    },
    status: { accepted: true, conflicts: reasons, message },
  };
}

/** Orders ports by name, then protocol, then number. */
function compareExportPorts(a: ExportPort, b: ExportPort): number {
  return compareText(a.name, b.name) || compareText(a.protocol, b.protocol) || a.port - b.port;
}

/** The union: a name and a (protocol, port) are taken once, by the first set that has them. */
function uniteExportPorts(sets: readonly (readonly ExportPort[])[]): readonly ExportPort[] {
  const united: ExportPort[] = [];
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const port of sets.flat()) {
    const number = `${port.protocol}/${port.port}`;
    if (names.has(port.name) || numbers.has(number)) continue;
    names.add(port.name);
    numbers.add(number);
    united.push(port);
  }
  return united.toSorted(compareExportPorts);
}

/** A port counts as exposed when name, protocol and number are the merged one's. */
function exporterOf({ cluster, fact }: Constituent, ports: readonly ExportPort[]): Exporter {
  const exposed = ports.filter((port) => fact.ports.some((own) => compareExportPorts(own, port) === 0));
  return { cluster, clusterAddresses: fact.clusterAddresses, ports: exposed.map((port) => port.name) };
}

/** The same record with its keys in order, so that equal content is equal text. */
function sortedRecord(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const sorted = Object.entries(record).toSorted(([a], [b]) => compareText(a, b));
  const result = Object.fromEntries(sorted);
  return sameValue(Object.keys(result), Object.keys(record)) ? record : result;
}
