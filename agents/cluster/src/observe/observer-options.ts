// What an observer is given: where a cluster's objects are kept, what was declared, and whom to tell.

import type { ShardId } from "@sealane/core";
import type { FactChange } from "../link/fact-table.ts";
import type { Follow } from "./follow.ts";
import type { DeclaredRanges } from "./ranges.ts";

/** What to observe, and whom to tell. */
export interface ObserverOptions {
  /** Where the cluster's objects are kept. */
  readonly follow: Follow;
  /** The cluster that the facts are of. */
  readonly cluster: string;
  /** Ranges given by flag. */
  readonly declared: DeclaredRanges;
  /** What tells this cluster from another of its name while there is no namespace `kube-system`; absent: nothing does. */
  readonly incarnation?: string;
  /** What the owner of an export should know of what could not be told of it; empty when nothing. */
  readonly untoldRemark?: (namespace: string, name: string) => string;
  /** Facts that changed; at first, all of them in one call. */
  readonly onFacts: (changes: readonly FactChange[]) => void;
  /** Shards that are whole from now on: each once, after the facts in them. */
  readonly onComplete: (shards: readonly ShardId[]) => void;
  /** Everything has been said at least once. */
  readonly onSynced: () => void;
  /** A ServiceExport or its Service changed: its conditions may have to. */
  readonly onExport?: (namespace: string, name: string) => void;
  /** A Service may have to be exported because a selector wants it, or not any more. */
  readonly onSelection?: (namespace: string, name: string) => void;
  /** A namespace came or went, or its annotations changed. */
  readonly onNamespace?: (name: string) => void;
  /** The IP families of the cluster's Services changed: imports may get another address, or a first one. */
  readonly onServiceFamilies?: () => void;
  /** Something is unknown or cannot be read; what was known is held. */
  readonly onProblem?: (error: Error) => void;
}
