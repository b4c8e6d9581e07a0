// The world as its receivers see it, so that the hub answers with the functions that agents decide with.

import { heldReach, nothingAdmitted } from "./admission.ts";
import { completeness } from "./completeness.ts";
import { isReachPublished, keysOf, memberOf, nodeOf, statusOf, stubOf } from "./publish.ts";
import type { Member } from "./published.ts";
import { memberShard } from "./published-shards.ts";
import type { View } from "./view.ts";
import type { World } from "./world.ts";

/** What an importer that has received every shard would see. */
export function viewOf(world: World): View {
  return {
    complete: (id) => completeness(world, id),
    // The world itself knows of each shard whether it is whole.
    unheardOf: () => false,
    members: () => membersOf(world),
    member: (cluster) => memberOf(world, cluster),
    stubs: () => byCluster(world, (cluster) => stubOf(world, cluster)),
    *nodes(cluster) {
      for (const node of world.origins.get(cluster)?.nodes.entries.keys() ?? []) {
        const fact = nodeOf(world, cluster, node);
        if (fact !== undefined) yield [node, fact];
      }
    },
    *reach(cluster, namespace, service) {
      if (!isReachPublished(world, cluster, namespace, service)) return;
      const admission = world.admissions.get(cluster) ?? nothingAdmitted;
      for (const [node, fact] of world.origins.get(cluster)?.reach.get(namespace)?.services.get(service) ??
        []) {
        const held = heldReach(admission, fact);
        if (held !== undefined) yield [node, held];
      }
    },
    *imports() {
      for (const [namespace, names] of world.services) {
        for (const [name, { service }] of names) if (service !== undefined) yield [namespace, name, service];
      }
    },
    import: (namespace, name) => world.services.get(namespace)?.get(name)?.service,
    exportStatus: (cluster, namespace, name) => statusOf(world, cluster, namespace, name),
  };
}

function* membersOf(world: World): Generator<readonly [string, Member], undefined> {
  for (const cluster of keysOf(world, memberShard)) yield [cluster, memberOf(world, cluster)!];
}

function* byCluster<T>(
  world: World,
  valueOf: (cluster: string) => T | undefined,
): Generator<readonly [string, T], undefined> {
  for (const cluster of world.origins.keys()) {
    const value = valueOf(cluster);
    if (value !== undefined) yield [cluster, value];
  }
}
