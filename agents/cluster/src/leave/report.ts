// How much of a cluster that leaves is gone, as the report that the hub waits for. Pure but for the clock.

import type { Finding } from "@sealane/core";
import type { Report } from "@sealane/wire";
import { nowUnixUs } from "@sealane/wire";

/** How far a withdrawal has got. */
export interface Progress {
  readonly things: number;
  readonly gone: number;
  readonly done: boolean;
  readonly findings: readonly Finding[];
}

/** The report by which the hub and people follow it. All things are gone only when it is known what stays. */
export function departureReport({ things, gone, done, findings }: Progress): Report {
  const observed = done ? things : Math.min(gone, things - 1);
  return {
    node: "",
    counts: [{ kind: "departure", desired: things, observed }],
    findings: [...findings],
    observedUnixUs: nowUnixUs(),
  };
}
