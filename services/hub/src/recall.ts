// How much of what hubs published before this start is known here: one mark for each run of the hub, kept with what was
// published. A peer that has seen more than that knows something that this hub has lost.

import { comparePositions } from "@sealane/core";
import type { Position } from "@sealane/core";

/** Runs whose marks are kept. */
const marksMax = 32;

/** The newest position that each run is known to have published, by epoch; the oldest run first. */
export type Marks = readonly Position[];

/** What this start of the hub knows of earlier ones. */
export interface Recall {
  /** Of this run. */
  readonly epoch: bigint;
  /** What is merged of all clusters follows from the store. */
  readonly stored: Marks;
  /** What passes through from one cluster follows from the cache. */
  readonly cached: Marks;
}

/** The marks with the newest one of the present run. */
export function withMark(marks: Marks, newest: Position): Marks {
  return [...marks.filter(({ epoch }) => epoch !== newest.epoch), newest].slice(-marksMax);
}

/** Whether the hub that published at this position knew more than what the marks tell of. */
export function isLost(marks: Marks, epoch: bigint, seen: Position): boolean {
  if (seen.epoch === epoch || comparePositions(seen, { epoch: 0n, sequence: 0n }) === 0) return false;
  const mark = marks.find((it) => it.epoch === seen.epoch);
  if (mark !== undefined) return seen.sequence > mark.sequence;
  const forgotten = marks.length === marksMax && seen.epoch < (marks[0]?.epoch ?? 0n);
  return !forgotten;
}

/** Marks as JSON values. */
export function marksToJson(marks: Marks): readonly (readonly [epoch: string, sequence: string])[] {
  return marks.map(({ epoch, sequence }) => [String(epoch), String(sequence)]);
}

/** Back from `marksToJson`. */
export function marksFromJson(values: readonly (readonly [epoch: string, sequence: string])[]): Marks {
  return values.map(([epoch, sequence]) => ({ epoch: BigInt(epoch), sequence: BigInt(sequence) }));
}
