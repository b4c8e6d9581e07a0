// Whether absence in a published shard means anything (law 2). A shard is whole when everything that could
// add an entry to it has been said, or is known from the store.

import type { ShardId } from "./shard.ts";
import type { FactShard, Origin, World } from "./world.ts";

/**
 * Whether the shard is whole. What is merged of all clusters is whole when every known cluster is synced or
 * restored. What comes from one cluster is whole when it said all of it and its ranges are known: before
 * that nothing of it can be admitted. A cluster that left or is leaving is known to have nothing.
 */
export function completeness(world: World, id: ShardId): boolean {
  switch (id.kind) {
    case "member":
    case "stub":
    case "import":
      return world.pending.size === 0 && world.origins.size + world.leaving.size + world.left.size > 0;
    case "node":
    case "reach":
    case "exportStatus":
      return isGone(world, id.origin) || isOriginWhole(world.origins.get(id.origin), id);
    case "cluster":
    case "namespace":
    case "export":
    case "path":
      return false;
  }
}

/** Whether every namespace of the cluster was said. */
export function isNamespacesKnown(world: World, cluster: string): boolean {
  const origin = world.origins.get(cluster);
  return origin !== undefined && (origin.synced || origin.namespaces.complete);
}

function isGone(world: World, cluster: string): boolean {
  return world.left.has(cluster) || world.leaving.has(cluster);
}

function isOriginWhole(origin: Origin | undefined, { kind, namespace }: ShardId): boolean {
  if (origin === undefined) return false;
  const isWhole = (shard: { readonly complete: boolean } | FactShard<unknown> | undefined) =>
    origin.synced || shard?.complete === true;
  const exportsKnown = origin.restored || isWhole(origin.exports.get(namespace));
  if (!origin.cluster.entries.has("")) return false;
  if (kind === "exportStatus") return exportsKnown;
  return kind === "node" ? isWhole(origin.nodes) : exportsKnown && isWhole(origin.reach.get(namespace));
}
