// Takes the facts of a cluster in: through the door, into its shards, into the cache, to the keeper. Holds a
// cluster to its bounds and the world to what the shards hold. Knows no session.

import { entriesPerClusterMax, shardsPerPeerMax } from "@sealane/core";
import type { Fact, FactValue, ShardId, World } from "@sealane/core";
import { ShardMismatch, WireError } from "@sealane/wire";
import type { Section, ShardChange, ShardTable } from "@sealane/wire";
import type { ClusterState } from "./clusters.ts";
import { admitSection } from "./door.ts";
import type { Speaker } from "./door.ts";
import { factKeys } from "./fact-keys.ts";
import type { FactCache } from "./store/cache.ts";
import { hasSaidEverything } from "./synced.ts";

/** Where facts go, and what is known already. */
export interface Intake {
  readonly cache: FactCache;
  readonly world: () => World;
  readonly take: (facts: readonly Fact[], observedUnixUs: bigint) => void;
}

/** One frame of one cluster. */
export interface Arrival {
  readonly cluster: ClusterState;
  readonly speaker: Speaker;
  readonly sections: readonly Section[];
}

/**
 * Takes the sections of a frame, in order. True when the cluster's last kind was said to its end, which agents send
 * after everything else. Throws WireError; what came before the fault is taken.
 */
export function takeSections(intake: Intake, { cluster, speaker, sections }: Arrival): boolean {
  const facts: Fact[] = [];
  let newestUnixUs = 0n;
  let completed = false;
  try {
    for (const section of sections) {
      const values = admitSection(section, speaker);
      const change = applyBounded(cluster, section, (taken) =>
        facts.push(factOf(taken, { values, complete: false, unsaid: [] })),
      );
      const complete = cluster.received.state(section.id)?.complete ?? false;
      save(intake.cache, cluster.received, change);
      const unsaid = section.end ? unsaidKeys(intake.world(), cluster.received, section.id) : [];
      facts.push(factOf(change, { values, complete, unsaid }));
      completed ||= change.completed;
      tidy(intake.cache, cluster, change);
      for (const { observedUnixUs } of change.entries) {
        if (observedUnixUs > newestUnixUs) newestUnixUs = observedUnixUs;
      }
    }
    if (completed && hasSaidEverything(cluster.received, cluster.name)) {
      facts.push({ type: "synced", cluster: cluster.name });
    }
  } finally {
    const observedUnixUs = newestUnixUs === 0n ? 0n : newestUnixUs - cluster.clockOffsetUs;
    if (facts.length > 0) intake.take(facts, observedUnixUs);
  }
  return sections.some(({ id, end }) => id.kind === "path" && end);
}

interface Said {
  readonly values: ReadonlyMap<string, FactValue>;
  readonly complete: boolean;
  /** Keys that are gone beside those that the change names. */
  readonly unsaid: readonly string[];
}

/** A change of received shards as a fact. */
export function factOf(change: ShardChange, { values, complete, unsaid }: Said): Fact {
  const upserts: (readonly [string, FactValue])[] = [];
  const removed = new Set(unsaid);
  for (const { key, value } of change.entries) {
    const decoded = value === undefined ? undefined : values.get(key);
    if (decoded === undefined) removed.add(key);
    else upserts.push([key, decoded]);
  }
  return { type: "section", shard: change.id, upserts, removed: [...removed], complete };
}

/** Keys that the world has and the shard, now whole, has not. */
function unsaidKeys(world: World, received: ShardTable, id: ShardId): readonly string[] {
  const held = received.entries(id);
  return [...factKeys(world, id)].filter((key) => !held.has(key));
}

/** Lets go of what is over: reports of nodes that are gone, and empty shards of namespaces that are. */
function tidy(cache: FactCache, cluster: ClusterState, { id, entries }: ShardChange): void {
  if (id.kind === "node") cluster.dropReports();
  const gone = id.kind === "namespace" ? entries.filter(({ value }) => value === undefined) : [];
  const namespaces = id.namespace === "" ? gone.map(({ key }) => key) : [id.namespace];
  for (const namespace of namespaces) dropOver(cache, cluster, namespace);
}

/** A shard that comes back begins anew, so only what is whole and empty may go. */
function dropOver(cache: FactCache, cluster: ClusterState, namespace: string): void {
  const { received, name } = cluster;
  const namespaces: ShardId = { kind: "namespace", origin: name, namespace: "" };
  if (received.state(namespaces)?.complete !== true || received.entries(namespaces).has(namespace)) return;
  for (const kind of ["export", "reach"] as const) {
    const id: ShardId = { kind, origin: name, namespace };
    if (received.state(id)?.complete !== true || received.entries(id).size > 0) continue;
    received.drop(id);
    cache.drop(id);
    cluster.shards -= 1;
  }
}

function save(cache: FactCache, received: ShardTable, change: ShardChange): void {
  const state = received.state(change.id);
  if (state !== undefined) cache.save({ ...state, entries: change.entries });
}

/**
 * Applies a section and counts what it adds. When its sum does not agree, what was taken is held all the same, so
 * the world is told of it before the session ends.
 */
function applyBounded(
  cluster: ClusterState,
  section: Section,
  tell: (taken: ShardChange) => void,
): ShardChange {
  const { received } = cluster;
  const { id } = section;
  const before = received.entries(id).size;
  boundCluster(cluster, section);
  try {
    return received.apply(section);
  } catch (error) {
    if (error instanceof ShardMismatch) tell(error.change);
    throw error;
  } finally {
    cluster.entries += received.entries(id).size - before;
  }
}

function boundCluster(cluster: ClusterState, section: Section): void {
  if (cluster.entries + section.entries.length > entriesPerClusterMax) {
    throw new WireError(
      "oversized",
      `Cluster "${cluster.name}" sends more than ${entriesPerClusterMax} entries.`,
    );
  }
  if (cluster.received.state(section.id) !== undefined) return;
  if (cluster.shards >= shardsPerPeerMax) {
    throw new WireError("oversized", `Cluster "${cluster.name}" sends more than ${shardsPerPeerMax} shards.`);
  }
  cluster.shards += 1;
}
