// Keeps what the world derives (admissions, fused services) in step with what clusters said, and notes which
// published entries that touches. Every function gives the same world when nothing changed.

import { admissionOf, holdsSame, nothingAdmitted } from "./admission.ts";
import { admit } from "./book.ts";
import { compareText } from "./compare.ts";
import { fuse } from "./fuse.ts";
import { PersistentMap } from "./persistent-map.ts";
import { isReachPublished } from "./publish.ts";
import type { RangeVerdict } from "./published.ts";
import { reachKey } from "./reach-key.ts";
import {
  exportStatusShard,
  importShard,
  memberShard,
  nodeShard,
  reachShard,
  stubShard,
} from "./published-shards.ts";
import type { Touches } from "./touch.ts";
import type { FusedService, World } from "./world.ts";

/**
 * Decides anew about the ranges of the given clusters, in their order; then, for as long as that changed the
 * book, about every cluster that has a refused range: what was released may be theirs now, and what is free
 * has changed.
 */
export function readmit(world: World, clusters: readonly string[], touches: Touches): World {
  let next = world;
  let waiting = clusters;
  while (waiting.length > 0) {
    const { book } = next;
    for (const cluster of waiting) next = readmitOne(next, cluster, touches);
    waiting = next.book === book ? [] : waitingClusters(next);
  }
  return next;
}

/** Every other cluster that the world knows, sorted: who may use what this one holds. */
export function othersOf(world: World, cluster: string): readonly string[] {
  return [...world.origins.keys()].filter((name) => name !== cluster).toSorted(compareText);
}

/** Clusters with a refused range about which another book may say something else, sorted. */
export function waitingClusters(world: World): readonly string[] {
  const refused = [...world.admissions].filter(([, { verdicts }]) => verdicts.some(isWaiting));
  return refused.map(([cluster]) => cluster).toSorted(compareText);
}

function isWaiting({ admitted, reason }: RangeVerdict): boolean {
  return !admitted && reason !== "RangeInvalid";
}

/** Fuses one name anew. `cluster` is one whose export of it came, changed or went. */
export function fuseAgain(
  world: World,
  namespace: string,
  name: string,
  cluster: string,
  touches: Touches,
): World {
  const names = world.services.get(namespace) ?? PersistentMap.empty<FusedService>();
  const before = names.get(name);
  const after = fuse(world, namespace, name, [...(before?.statuses.keys() ?? []), cluster]);
  if (after === before) return world;
  if (before?.service !== after?.service) touches.add(importShard(namespace), name);
  for (const exporter of new Set([...(before?.statuses.keys() ?? []), ...(after?.statuses.keys() ?? [])])) {
    const [was, is] = [before?.statuses.get(exporter), after?.statuses.get(exporter)];
    if (was === is) continue;
    touches.add(exportStatusShard(exporter, namespace), name);
    if (was?.accepted !== is?.accepted) touchReach(world, exporter, namespace, name, touches);
  }
  const rest = after === undefined ? names.without(name) : names.with(name, after);
  const services = rest.size === 0 ? world.services.without(namespace) : world.services.with(namespace, rest);
  return { ...world, services };
}

/** Fuses every export of a cluster anew. */
export function fuseAll(world: World, cluster: string, touches: Touches): World {
  let next = world;
  for (const [namespace, shard] of world.origins.get(cluster)?.exports ?? []) {
    for (const name of shard.entries.keys()) next = fuseAgain(next, namespace, name, cluster, touches);
  }
  return next;
}

/** Touches everything that is published of one cluster. */
export function touchCluster(world: World, cluster: string, touches: Touches): void {
  const origin = world.origins.get(cluster);
  touches.add(memberShard, cluster);
  touches.add(stubShard, cluster);
  for (const node of origin?.nodes.entries.keys() ?? []) touches.add(nodeShard(cluster), node);
  for (const [namespace, shard] of origin?.exports ?? []) {
    for (const name of shard.entries.keys()) touches.add(exportStatusShard(cluster, namespace), name);
  }
  for (const [namespace, shard] of origin?.reach ?? []) {
    for (const service of shard.services.keys()) {
      if (isReachPublished(world, cluster, namespace, service))
        touchReach(world, cluster, namespace, service, touches);
    }
  }
}

function readmitOne(world: World, cluster: string, touches: Touches): World {
  const ranges = world.origins.get(cluster)?.cluster.entries.get("")?.ranges ?? [];
  const { book, verdicts } = admit(world.book, cluster, ranges, world.declared, othersOf(world, cluster));
  const before = world.admissions.get(cluster) ?? nothingAdmitted;
  const after = admissionOf(verdicts, before);
  if (book === world.book && after === before) return world;
  touches.add(memberShard, cluster);
  const next = { ...world, book, admissions: world.admissions.with(cluster, after) };
  if (holdsSame(before, after)) return next;
  touchCluster(next, cluster, touches);
  return fuseAll(next, cluster, touches);
}

function touchReach(
  world: World,
  cluster: string,
  namespace: string,
  service: string,
  touches: Touches,
): void {
  const nodes = world.origins.get(cluster)?.reach.get(namespace)?.services.get(service);
  for (const node of nodes?.keys() ?? [])
    touches.add(reachShard(cluster, namespace), reachKey(service, node));
}
