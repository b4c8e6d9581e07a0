// One cluster's export among those of a name, and which of two is the older. Knows no other property of an export.

import { compareText } from "./compare.ts";
import type { ExportFact } from "./facts.ts";

/** One cluster's export. */
export interface Constituent {
  readonly cluster: string;
  readonly fact: ExportFact;
}

/**
 * Orders exports by seniority, the oldest first: creation time of the ServiceExport (KEP-1645), then what the KEP leaves
 * open: cluster, uid. One whose time is unknown is the youngest, so that it takes nothing from anybody.
 */
export function comparePrecedence(a: Constituent, b: Constituent): number {
  return (
    createdAtOf(a) - createdAtOf(b) ||
    compareText(a.cluster, b.cluster) ||
    compareText(a.fact.uid, b.fact.uid)
  );
}

function createdAtOf({ fact }: Constituent): number {
  return fact.createdAt > 0 ? fact.createdAt : Number.MAX_SAFE_INTEGER;
}
