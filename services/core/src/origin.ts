// Takes a section of facts into the world: into its cluster's own shards first, then into what follows from
// them. Knows nothing of positions: whoever calls has already refused what is older than what is held.

import { fuseAgain, fuseAll, readmit, touchCluster } from "./derive.ts";
import { applyReach, applySection, emptyReach, emptyShard } from "./fact-shard.ts";
import type { SectionFact } from "./fact.ts";
import type { ClusterFact, ExportFact, NamespaceFact, NodeFact } from "./facts.ts";
import { knowing, settle } from "./known.ts";
import { emptyOrigin } from "./new-world.ts";
import { isReachPublished } from "./publish.ts";
import { splitReachKey } from "./reach-key.ts";
import { memberShard, nodeShard, reachShard, stubShard } from "./published-shards.ts";
import type { Touches } from "./touch.ts";
import type { FactShard, Origin, ReachShard, World } from "./world.ts";

/** The world after a section. Kinds that only travel down, and `path`, which decides nothing yet, change nothing. */
export function applyToOrigin(world: World, section: SectionFact, touches: Touches): World {
  const { kind } = section.shard;
  switch (kind) {
    case "cluster":
      return applyCluster(knowing(world, section.shard.origin), section, touches);
    case "node":
      return applyNodes(knowing(world, section.shard.origin), section, touches);
    case "namespace":
      return applyNamespaces(knowing(world, section.shard.origin), section);
    case "export":
      return applyExports(knowing(world, section.shard.origin), section, touches);
    case "reach":
      return applyPods(knowing(world, section.shard.origin), section, touches);
    case "path":
    case "member":
    case "import":
    case "stub":
    case "exportStatus":
      return world;
  }
}

function applyCluster(world: World, section: SectionFact, touches: Touches): World {
  const { origin: cluster } = section.shard;
  const origin = originOf(world, cluster);
  const { shard, changed } = applySection<ClusterFact>(origin.cluster, section);
  if (shard === origin.cluster) return world;
  const next = settle(withOrigin(world, cluster, { ...origin, cluster: shard }), cluster);
  if (changed.length === 0) return next;
  touches.add(memberShard, cluster);
  touches.add(stubShard, cluster);
  const admitted = readmit(next, [cluster], touches);
  if (shard.entries.size === origin.cluster.entries.size) return admitted;
  touchCluster(admitted, cluster, touches);
  return fuseAll(admitted, cluster, touches);
}

function applyNodes(world: World, section: SectionFact, touches: Touches): World {
  const { origin: cluster } = section.shard;
  const origin = originOf(world, cluster);
  const { shard, changed } = applySection<NodeFact>(origin.nodes, section);
  for (const node of changed) touches.add(nodeShard(cluster), node);
  return shard === origin.nodes ? world : withOrigin(world, cluster, { ...origin, nodes: shard });
}

function applyNamespaces(world: World, section: SectionFact): World {
  const origin = originOf(world, section.shard.origin);
  const { shard, changed } = applySection<NamespaceFact>(origin.namespaces, section);
  if (shard === origin.namespaces) return world;
  const next: Origin = { ...origin, namespaces: shard };
  const { exports, reach } = origin;
  const isOver = (namespace: string, isEmpty: boolean) => isEmpty && isGone(next, namespace);
  const over = {
    exports: changed.filter((namespace) => isOver(namespace, isEmptyShard(exports.get(namespace)))),
    reach: changed.filter((namespace) => isOver(namespace, isEmptyReach(reach.get(namespace)))),
  };
  return withOrigin(world, section.shard.origin, {
    ...next,
    exports: over.exports.reduce((map, namespace) => map.without(namespace), exports),
    reach: over.reach.reduce((map, namespace) => map.without(namespace), reach),
  });
}

/** Whether the cluster has told everything, and nothing of such a namespace: then it has no shards there either. */
function isGone({ synced, namespaces }: Origin, namespace: string): boolean {
  return synced && namespaces.complete && !namespaces.entries.has(namespace);
}

function isEmptyShard(shard: FactShard<ExportFact> | undefined): boolean {
  return shard?.complete === true && shard.entries.size === 0;
}

function isEmptyReach(shard: ReachShard | undefined): boolean {
  return shard?.complete === true && shard.services.size === 0;
}

function applyExports(world: World, section: SectionFact, touches: Touches): World {
  const { origin: cluster, namespace } = section.shard;
  const origin = originOf(world, cluster);
  const held = origin.exports.get(namespace);
  const { shard, changed } = applySection<ExportFact>(held ?? emptyShard(), section);
  if (shard === held) return world;
  const isOver = isEmptyShard(shard) && isGone(origin, namespace);
  const exports = isOver ? origin.exports.without(namespace) : origin.exports.with(namespace, shard);
  if (exports === origin.exports) return world;
  const next = withOrigin(world, cluster, { ...origin, exports });
  return changed.reduce((it, name) => fuseAgain(it, namespace, name, cluster, touches), next);
}

function applyPods(world: World, section: SectionFact, touches: Touches): World {
  const { origin: cluster, namespace } = section.shard;
  const origin = originOf(world, cluster);
  const held = origin.reach.get(namespace);
  const { shard, changed } = applyReach(held ?? emptyReach, section);
  if (shard === held) return world;
  for (const key of changed) {
    const { service } = splitReachKey(key);
    if (isReachPublished(world, cluster, namespace, service))
      touches.add(reachShard(cluster, namespace), key);
  }
  const isOver = isEmptyReach(shard) && isGone(origin, namespace);
  const reach = isOver ? origin.reach.without(namespace) : origin.reach.with(namespace, shard);
  return reach === origin.reach ? world : withOrigin(world, cluster, { ...origin, reach });
}

function originOf(world: World, cluster: string): Origin {
  return world.origins.get(cluster) ?? emptyOrigin;
}

function withOrigin(world: World, cluster: string, origin: Origin): World {
  return { ...world, origins: world.origins.with(cluster, origin) };
}
