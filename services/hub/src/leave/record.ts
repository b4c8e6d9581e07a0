// One cluster's leaving as it is kept: stored before anybody is told of it, and kept after it as a tombstone until
// the cluster comes back. Owns its form in the store and nothing of what it causes.

import type { Departure, Finding } from "@sealane/core";
import type { Change, Store } from "../store/store.ts";

/** A leaving. Times are Unix microseconds by the hub's clock. */
export interface DepartureRecord {
  readonly cluster: string;
  readonly state: Departure | "left";
  readonly startedUnixUs: number;
  /** 0 before the end. */
  readonly endedUnixUs: number;
  /** Silent clusters are not waited for. */
  readonly force: boolean;
  /** What the cluster still has of the mesh, as far as anybody said. */
  readonly leftBehind: readonly Finding[];
}

/** Every leaving that is stored, sorted by cluster. */
export async function loadDepartures(store: Store): Promise<readonly DepartureRecord[]> {
  return (await store.list("departures")).map(({ value }) => JSON.parse(value) as DepartureRecord);
}

/** Stores it. */
export function departureChange(record: DepartureRecord): Change {
  return { collection: "departures", key: record.cluster, value: JSON.stringify(record) };
}

/** What a world is restored with. */
export function storedDepartures(records: readonly DepartureRecord[]): {
  readonly leaving: readonly (readonly [string, Departure])[];
  readonly left: readonly string[];
} {
  return {
    leaving: records.flatMap(({ cluster, state }) => (state === "left" ? [] : [[cluster, state] as const])),
    left: records.flatMap(({ cluster, state }) => (state === "left" ? [cluster] : [])),
  };
}
