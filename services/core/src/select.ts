// Which shards a cluster may and needs to know. Every importer gets the same bytes of a shard, so this is all
// that differs between them.

import { shardIds } from "./publish.ts";
import type { ShardId } from "./shard.ts";
import type { World } from "./world.ts";

/**
 * The shards for a cluster, in the order in which they are sent: members, nodes, merged services, pods of every cluster
 * (its own too: it imports its own), decisions about its own exports only, and DNS.
 */
export function select(world: World, cluster: string): readonly ShardId[] {
  return shardIds(world).filter((id) => isSelected(id, cluster));
}

/** Whether the cluster may know the shard. */
export function isSelected(id: ShardId, cluster: string): boolean {
  return id.kind !== "exportStatus" || id.origin === cluster;
}
