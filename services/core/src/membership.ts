// What changes who belongs and what is allowed: a cluster said everything, documents changed, a cluster left
// by an operator's word. Loss of contact is no such thing and is not here.

import { compareText, sameValue } from "./compare.ts";
import { fuseAgain, fuseAll, othersOf, readmit, waitingClusters, touchCluster } from "./derive.ts";
import { dropUnconfirmed } from "./fact-shard.ts";
import { knowing, settle } from "./known.ts";
import { withName, withoutName } from "./name-set.ts";
import { memberShard, stubShard } from "./published-shards.ts";
import type { Departure } from "./published.ts";
import { withHeld, withoutAwaited } from "./releases.ts";
import type { Touches } from "./touch.ts";
import type { Declared, World } from "./world.ts";

/** The cluster said everything: what the store held of it and it did not repeat is gone. */
export function sync(before: World, cluster: string, touches: Touches): World {
  const world = knowing(before, cluster);
  const origin = world.origins.get(cluster)!;
  if (origin.synced) return world;
  const nodes = dropUnconfirmed(origin.nodes).shard;
  let exports = origin.exports;
  const dropped: (readonly [namespace: string, name: string])[] = [];
  for (const [namespace, shard] of origin.exports) {
    const { shard: confirmed, changed } = dropUnconfirmed(shard);
    exports = exports.with(namespace, confirmed);
    for (const name of changed) dropped.push([namespace, name]);
  }
  const origins = world.origins.with(cluster, { ...origin, nodes, exports, synced: true });
  const next = settle({ ...world, origins }, cluster);
  return dropped.reduce((it, [namespace, name]) => fuseAgain(it, namespace, name, cluster, touches), next);
}

/** The documents say something else. What clusters hold stays theirs; what is new is judged by the new documents. */
export function declare(world: World, declared: Declared, touches: Touches): World {
  if (sameDeclared(world.declared, declared)) return world;
  const clusters = [...world.origins.keys()].toSorted(compareText);
  for (const cluster of world.leaving.keys()) touches.add(memberShard, cluster);
  for (const cluster of [...clusters, ...world.leaving.keys()]) {
    touches.add(memberShard, cluster);
    touches.add(stubShard, cluster);
  }
  const readmitted = readmit({ ...world, declared }, clusters, touches);
  return clusters.reduce((next, cluster) => fuseAll(next, cluster, touches), readmitted);
}

/** The cluster is leaving: from now on it has nothing for the others, and it holds its ranges until it has left. */
export function depart(before: World, cluster: string, departure: Departure, touches: Touches): World {
  if (before.leaving.get(cluster) === departure || before.left.has(cluster)) return before;
  touchCluster(before, cluster, touches);
  const leaving = new Map(before.leaving).set(cluster, departure);
  return fuseAll(settle({ ...before, leaving }, cluster), cluster, touches);
}

/** Members let go of freed ranges; what nobody is waited for any more, waiting clusters may have. */
export function letGo(world: World, members: ReadonlyMap<string, number>, touches: Touches): World {
  const book = withoutAwaited(world.book, members);
  if (book === world.book) return world;
  const next = { ...world, book };
  return book.length === world.book.length ? next : readmit(next, waitingClusters(next), touches);
}

/**
 * The cluster left: all that it said is gone, nobody waits for it to let go of anything, and waiting clusters may
 * have its ranges when the others have let go of them.
 */
export function forget(world: World, cluster: string, touches: Touches): World {
  if (world.left.has(cluster)) return world;
  touchCluster(world, cluster, touches);
  let next: World = {
    ...world,
    book: withoutAwaited(
      withHeld(world.book, cluster, [], othersOf(world, cluster)),
      new Map([[cluster, Number.POSITIVE_INFINITY]]),
    ),
    origins: world.origins.without(cluster),
    admissions: world.admissions.without(cluster),
    pending: withoutName(world.pending, cluster),
    leaving: withoutDeparture(world.leaving, cluster),
    left: withName(world.left, cluster),
  };
  for (const [namespace, shard] of world.origins.get(cluster)?.exports ?? []) {
    for (const name of shard.entries.keys()) next = fuseAgain(next, namespace, name, cluster, touches);
  }
  return readmit(next, waitingClusters(next), touches);
}

function withoutDeparture(leaving: World["leaving"], cluster: string): World["leaving"] {
  return leaving.has(cluster) ? new Map([...leaving].filter(([name]) => name !== cluster)) : leaving;
}

function sameDeclared(a: Declared, b: Declared): boolean {
  const plain = (declared: Declared) => ({ ...declared, clusters: [...declared.clusters].toSorted(byName) });
  return sameValue(plain(a), plain(b));
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return compareText(a[0], b[0]);
}
