// Where worlds come from: nothing, or what the store kept. Who exports what since when, and who holds which
// range, is known from the store at once, so no winner changes while an exporter is silent.

import { compareText } from "./compare.ts";
import { fuseAll, readmit } from "./derive.ts";
import { emptyShard, restoredShard } from "./fact-shard.ts";
import type { ClusterFact, ExportFact } from "./facts.ts";
import { PersistentMap } from "./persistent-map.ts";
import { comparePrefixText } from "./prefix.ts";
import type { Departure } from "./published.ts";
import { Touches } from "./touch.ts";
import type { Claim, Declared, Origin, World } from "./world.ts";

/** An export as the store keeps it. */
export interface StoredExport {
  readonly namespace: string;
  readonly name: string;
  readonly fact: ExportFact;
}

/** A cluster as the store keeps it. */
export interface StoredCluster {
  readonly name: string;
  readonly fact: ClusterFact;
  readonly exports: readonly StoredExport[];
}

/** Everything that must outlive a restart for decisions to stay as they are. */
export interface StoredWorld {
  /** The address book. */
  readonly book: readonly Claim[];
  readonly clusters: readonly StoredCluster[];
  /** Clusters that are leaving, sorted. */
  readonly leaving: readonly (readonly [cluster: string, departure: Departure])[];
  /** Clusters that an operator made leave. */
  readonly left: readonly string[];
}

/** What is declared before any document was read. */
export const nothingDeclared: Declared = { meshZone: "", pools: [], reserved: [], clusters: new Map() };

/** The origin of a cluster that has said nothing yet. */
export const emptyOrigin: Origin = {
  cluster: emptyShard(),
  nodes: emptyShard(),
  namespaces: emptyShard(),
  exports: PersistentMap.empty(),
  reach: PersistentMap.empty(),
  synced: false,
  restored: false,
};

/** The world without clusters. */
export function emptyWorld(declared: Declared = nothingDeclared): World {
  return {
    declared,
    book: [],
    origins: PersistentMap.empty(),
    pending: new Set(),
    leaving: new Map(),
    left: new Set(),
    admissions: PersistentMap.empty(),
    services: PersistentMap.empty(),
  };
}

/** The world as the store kept it: holders hold, exports stand, pods and nodes are unknown until their agents speak. */
export function restoreWorld(declared: Declared, stored: StoredWorld): World {
  const clusters = stored.clusters.toSorted((a, b) => compareText(a.name, b.name));
  const names = clusters.map((cluster) => cluster.name);
  const leaving = new Map(stored.leaving);
  const claimed = stored.book.flatMap((claim) => (claim.release === undefined ? [claim.cluster] : []));
  const world: World = {
    ...emptyWorld(declared),
    book: stored.book.toSorted((a, b) => comparePrefixText(a.prefix, b.prefix)),
    origins: PersistentMap.of(clusters.map((cluster) => [cluster.name, restoredOrigin(cluster)] as const)),
    pending: new Set(claimed.filter((name) => !names.includes(name) && !leaving.has(name))),
    leaving,
    left: new Set(stored.left),
  };
  const touches = new Touches();
  return names.reduce((next, name) => fuseAll(next, name, touches), readmit(world, names, touches));
}

/** What the store must keep of this world; restoreWorld takes it back. */
export function storedWorld(world: World): StoredWorld {
  const clusters = [...world.origins].flatMap(([name, origin]): StoredCluster[] => {
    const fact = origin.cluster.entries.get("");
    const exports = [...origin.exports].flatMap(([namespace, shard]) =>
      [...shard.entries].map(([key, value]): StoredExport => ({ namespace, name: key, fact: value })),
    );
    return fact === undefined ? [] : [{ name, fact, exports: exports.toSorted(compareExports) }];
  });
  return {
    book: world.book,
    clusters: clusters.toSorted((a, b) => compareText(a.name, b.name)),
    leaving: [...world.leaving].toSorted(([a], [b]) => compareText(a, b)),
    left: [...world.left].toSorted(compareText),
  };
}

function restoredOrigin(cluster: StoredCluster): Origin {
  const byNamespace = Map.groupBy(cluster.exports, (item) => item.namespace);
  const exports = [...byNamespace].map(
    ([namespace, items]) =>
      [namespace, restoredShard(items.map((item) => [item.name, item.fact] as const))] as const,
  );
  const own = { ...emptyOrigin.cluster, entries: PersistentMap.of([["", cluster.fact] as const]) };
  return { ...emptyOrigin, cluster: own, exports: PersistentMap.of(exports), restored: true };
}

function compareExports(a: StoredExport, b: StoredExport): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}
