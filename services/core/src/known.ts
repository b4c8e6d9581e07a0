// Which clusters the world knows of, and whose word is still missing. A cluster's word counts as said when it
// is synced and its ranges are known, or when the store had kept both.

import { withName, withoutName } from "./name-set.ts";
import { emptyOrigin } from "./new-world.ts";
import type { World } from "./world.ts";

/** The world in which the cluster has an origin; a new one is pending until it has said everything. */
export function knowing(world: World, cluster: string): World {
  if (world.origins.has(cluster)) return world;
  return {
    ...world,
    origins: world.origins.with(cluster, emptyOrigin),
    pending: world.leaving.has(cluster) ? world.pending : withName(world.pending, cluster),
    left: withoutName(world.left, cluster),
  };
}

/** The world in which the cluster is pending exactly when its word is missing. Nobody waits for one that is leaving. */
export function settle(world: World, cluster: string): World {
  const origin = world.origins.get(cluster);
  const heard = origin !== undefined && origin.cluster.entries.has("") && (origin.synced || origin.restored);
  const said = heard || world.leaving.has(cluster);
  const pending =
    origin === undefined || said ? withoutName(world.pending, cluster) : withName(world.pending, cluster);
  return pending === world.pending ? world : { ...world, pending };
}
