// Who may speak for a cluster's name (law 4): one incarnation at a time, and of its leaders the newest. Both are stored
// before they count, so that nobody goes back after a restart either.

import { WireError } from "@sealane/wire";
import type { ClusterState } from "./clusters.ts";
import { memberChange } from "./records.ts";
import type { Store } from "./store/store.ts";

/** The cluster that speaks under a name. */
export interface Incarnation {
  /** As the cluster says it: the UID of its `kube-system` namespace. */
  readonly id: string;
  /** When the newest token was made that it joined with, Unix microseconds; 0 when unknown. */
  readonly tokenUnixUs: number;
  /** When it first spoke, Unix microseconds by the hub's clock. */
  readonly sinceUnixUs: number;
}

/** Who wants to speak. */
export interface Speaks {
  readonly epoch: bigint;
  /** Empty when it does not say; then it is not compared. */
  readonly incarnation: string;
  readonly tokenUnixUs: number;
}

/** Lets a leader speak from now on. Throws WireError `denied` or `superseded`, naming who speaks and the cure. */
export async function enterTerm(
  store: Store,
  cluster: ClusterState,
  speaks: Speaks,
  nowUnixUs: number,
): Promise<void> {
  const { name } = cluster;
  const { epoch } = speaks;
  const incarnation = incarnationOf(cluster, speaks, nowUnixUs);
  if (epoch < cluster.epoch) {
    throw new WireError(
      "superseded",
      `An agent with the later epoch ${cluster.epoch} speaks for cluster "${name}"; this one has ${epoch}. ` +
        `Only the newest leader may speak.`,
    );
  }
  if (epoch > cluster.epoch || incarnation !== cluster.incarnation)
    await store.write([memberChange(name, { epoch, incarnation })]);
  cluster.epoch = epoch;
  cluster.incarnation = incarnation;
}

/** A name changes hands only by a person's word: a token that was made after the one of who speaks now. */
function incarnationOf(
  { name, incarnation: known }: ClusterState,
  { incarnation: id, tokenUnixUs }: Speaks,
  nowUnixUs: number,
): Incarnation | undefined {
  if (id === "") return known;
  if (known?.id === id) return tokenUnixUs > known.tokenUnixUs ? { ...known, tokenUnixUs } : known;
  if (known === undefined || tokenUnixUs > known.tokenUnixUs)
    return { id, tokenUnixUs, sinceUnixUs: nowUnixUs };
  const since = new Date(known.sinceUnixUs / 1000).toISOString();
  throw new WireError(
    "denied",
    `Another cluster speaks as "${name}" since ${since}: its incarnation is "${known.id}", and this one's is "${id}". ` +
      `Join this one under a name of its own, or, if it replaces the other, with a new token: sealane token create ${name}`,
  );
}
