// A range with the address book's verdict as the command line shows it.

import type { admin } from "@sealane/wire";
import type { Kind } from "../print/document.ts";
import { orNull, rangeKind } from "./words.ts";

/** One item of a RangeList. */
export interface Range {
  readonly prefix: string;
  readonly cluster: string;
  readonly kind: string;
  /** Where the cluster's agent learnt it. */
  readonly source: string;
  readonly state: "admitted" | "quarantined";
  /** From the closed list; null when admitted. */
  readonly reason: string | null;
  /** Who holds the range that this one meets. */
  readonly owner: string | null;
  readonly ownerPrefix: string | null;
  /** The addresses that both would hold. */
  readonly overlap: string | null;
  /** A range of the same size that nobody holds. */
  readonly free: string | null;
}

/** From the admin message. */
export function toRange(info: admin.RangeInfo): Range {
  const { range } = info;
  return {
    prefix: range?.prefix ?? "",
    cluster: info.cluster,
    kind: rangeKind(range?.kind ?? 0),
    source: range?.source ?? "",
    state: range?.admitted === true ? "admitted" : "quarantined",
    reason: orNull(range?.reason ?? ""),
    owner: orNull(range?.owner ?? ""),
    ownerPrefix: orNull(range?.ownerPrefix ?? ""),
    overlap: orNull(range?.overlap ?? ""),
    free: orNull(range?.free ?? ""),
  };
}

/** Of `get ranges`. */
export const rangeListKind: Kind<Range> = {
  word: "range",
  document: "RangeList",
  name: (it) => it.prefix,
  columns: [
    { title: "PREFIX", cell: (it) => it.prefix },
    { title: "CLUSTER", cell: (it) => it.cluster },
    { title: "KIND", cell: (it) => it.kind },
    { title: "STATE", cell: (it) => it.state, tone: (it) => (it.state === "admitted" ? "good" : "bad") },
    { title: "REASON", cell: (it) => it.reason ?? "" },
    { title: "OWNER", cell: (it) => it.owner ?? "" },
    { title: "OWNERPREFIX", wide: true, cell: (it) => it.ownerPrefix ?? "" },
    { title: "OVERLAP", cell: (it) => it.overlap ?? "" },
    { title: "FREE", cell: (it) => it.free ?? "" },
    { title: "SOURCE", wide: true, cell: (it) => it.source },
  ],
};

/** One quarantined range in a sentence: whose it meets, where, and what is free instead. */
export function describeRange(range: Range): string {
  const meets =
    range.owner === null ? "" : ` overlaps ${range.ownerPrefix} of ${range.owner} at ${range.overlap}`;
  const free = range.free === null ? "" : `; free: ${range.free}`;
  return `${range.kind} range ${range.prefix}${meets} (${range.reason ?? "unknown"})${free}`;
}
