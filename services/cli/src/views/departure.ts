// A cluster's leaving as the command line shows it: where it stands in one line, and what is left behind.

import type { admin } from "@sealane/wire";
import type { Kind } from "../print/document.ts";
import { instant } from "./words.ts";

/** One item of a DepartureList. */
export interface Departure {
  readonly cluster: string;
  readonly state: "withdrawing" | "dismissed" | "left" | "unknown";
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Who is waited for, and what for. */
  readonly waitingFor: readonly string[];
  /** Things that the cluster's agent takes away; 0 until it has counted them. */
  readonly things: number;
  readonly thingsGone: number;
  readonly leftBehind: readonly { readonly subject: string; readonly message: string }[];
}

/** `DepartureState` of the admin service, by number. */
const states: readonly Departure["state"][] = ["unknown", "withdrawing", "dismissed", "left"];

/** From the admin message. */
export function toDeparture(info: admin.DepartureInfo): Departure {
  return {
    cluster: info.cluster,
    state: states[info.state] ?? "unknown",
    startedAt: instant(info.startedUnixUs),
    endedAt: instant(info.endedUnixUs),
    waitingFor: [...info.waitingFor],
    things: Number(info.things),
    thingsGone: Number(info.thingsGone),
    leftBehind: info.leftBehind.map(({ subject, message }) => ({ subject, message })),
  };
}

/** Where it stands, as one line. */
export function departureLine({ cluster, state, waitingFor, things, thingsGone }: Departure): string {
  const waiting = waitingFor.length === 0 ? "" : `, waiting for ${waitingFor.join(", ")}`;
  switch (state) {
    case "withdrawing":
      return `${cluster}: the other clusters let go of it${waiting}`;
    case "dismissed":
      return things === 0
        ? `${cluster}: the others have let go${waiting}`
        : `${cluster}: ${thingsGone} of ${things} things are gone there${thingsGone === things ? "" : waiting}`;
    case "left":
      return `${cluster}: left`;
    case "unknown":
      return `${cluster}: in a state that this version does not know`;
  }
}

/** Of `leave`. */
export const departureKind: Kind<Departure> = {
  word: "departure",
  document: "DepartureList",
  name: (it) => it.cluster,
  columns: [
    { title: "CLUSTER", cell: (it) => it.cluster },
    { title: "STATE", cell: (it) => it.state },
    { title: "STARTED", wide: true, cell: (it) => it.startedAt ?? "" },
    { title: "ENDED", wide: true, cell: (it) => it.endedAt ?? "" },
    { title: "WAITINGFOR", wrap: true, cell: (it) => it.waitingFor.join(", ") },
  ],
};
