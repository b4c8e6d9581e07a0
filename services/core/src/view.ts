// What a receiver knows: the hub's published shards, decoded and read-only. The hub gives the same view of
// its own world, so both sides decide with the same functions.

import type { NodeFact, ReachFact } from "./facts.ts";
import type { ExportStatus, Member, MergedService, Stub } from "./published.ts";
import type { ShardId } from "./shard.ts";

/** Read access to published shards. Iteration order is unspecified; whoever emits sorts. */
export interface View {
  /** Whether the shard was received to its end; absence in it means something only then (law 2). */
  complete(id: ShardId): boolean;
  /**
   * Whether all that there is was received and nothing of this shard is among it. That is less than `complete`: a hub that
   * lost what it knew has nothing of a shard either.
   */
  unheardOf(id: ShardId): boolean;
  members(): Iterable<readonly [cluster: string, member: Member]>;
  member(cluster: string): Member | undefined;
  nodes(cluster: string): Iterable<readonly [node: string, fact: NodeFact]>;
  /** Pods of one service in one cluster, by node. */
  reach(
    cluster: string,
    namespace: string,
    service: string,
  ): Iterable<readonly [node: string, fact: ReachFact]>;
  imports(): Iterable<readonly [namespace: string, name: string, service: MergedService]>;
  import(namespace: string, name: string): MergedService | undefined;
  stubs(): Iterable<readonly [cluster: string, stub: Stub]>;
  exportStatus(cluster: string, namespace: string, name: string): ExportStatus | undefined;
}
