// What changes the world: one union, one value for each thing that can be said. Facts say what is so, never
// what happened; where their origin stood and when is the envelope's matter, not theirs.

import type { ClusterFact, ExportFact, NamespaceFact, NodeFact, ReachFact } from "./facts.ts";
import type { Departure } from "./published.ts";
import type { ShardId } from "./shard.ts";
import type { Declared } from "./world.ts";

/** A decoded value of any kind that agents send up. */
export type FactValue = ClusterFact | NodeFact | NamespaceFact | ExportFact | ReachFact;

/** Part of one shard, or all of it, from the cluster that is the shard's origin. */
export interface SectionFact {
  readonly type: "section";
  /** Of a kind that travels up; `origin` is the cluster that speaks. */
  readonly shard: ShardId;
  /** Values of the shard's kind by key. */
  readonly upserts: readonly (readonly [key: string, value: FactValue])[];
  readonly removed: readonly string[];
  /** The shard was received to its end at least once, this section included. */
  readonly complete: boolean;
}

/** The cluster has said everything at least once: a shard that was not seen does not exist. */
export interface SyncedFact {
  readonly type: "synced";
  readonly cluster: string;
}

/** The documents of the watched directory, all of them. */
export interface DeclaredFact {
  readonly type: "declared";
  readonly declared: Declared;
}

/** Members hold nothing any more of ranges whose release has this number or an earlier one. */
export interface LetGoFact {
  readonly type: "letGo";
  readonly members: readonly (readonly [cluster: string, upTo: number])[];
}

/** By an operator's word the cluster is leaving, and has got so far. */
export interface DepartFact {
  readonly type: "depart";
  readonly cluster: string;
  readonly departure: Departure;
}

/** By an operator's word the cluster left: all that it said and held is gone. */
export interface ForgetFact {
  readonly type: "forget";
  readonly cluster: string;
}

export type Fact = SectionFact | SyncedFact | DeclaredFact | LetGoFact | DepartFact | ForgetFact;
