// What a cluster with given ranges would meet.

import type { admin } from "@sealane/wire";
import type { Answer } from "../exit.ts";
import type { Kind } from "../print/document.ts";
import type { Range } from "./range.ts";
import { rangeListKind, toRange } from "./range.ts";

/** One range as it would be judged, item of a JoinPlan. */
export type PlannedRange = Omit<Range, "source" | "cluster">;

/** From the admin message. */
export function toPlan(response: admin.PlanJoinResponse): readonly PlannedRange[] {
  return response.ranges.map((range) => {
    const {
      source: _,
      cluster: __,
      ...planned
    } = toRange({ $typeName: "sealane.v1.RangeInfo", cluster: "", range });
    return planned;
  });
}

/** Whether the cluster could join with all of its ranges. */
export function planAnswer(ranges: readonly PlannedRange[]): Answer {
  return ranges.every((range) => range.state === "admitted") ? "yes" : "no";
}

/** Of `plan join`. */
export const planKind: Kind<PlannedRange> = {
  word: "range",
  document: "JoinPlan",
  name: (it) => it.prefix,
  columns: rangeListKind.columns
    .filter(({ title }) => !["CLUSTER", "SOURCE"].includes(title))
    .map(({ title, cell, tone }) => ({
      title: title === "STATE" ? "WOULDBE" : title,
      cell: (it: PlannedRange, options) => cell({ ...it, source: "", cluster: "" }, options),
      ...(tone === undefined ? {} : { tone: (it: PlannedRange) => tone({ ...it, source: "", cluster: "" }) }),
    })),
};
