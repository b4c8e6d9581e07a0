// Which keys the world has of one shard of facts. Reads only.

import type { ShardId, World } from "@sealane/core";
import { reachKey } from "@sealane/core";

/** Keys of the shard's entries in the world; kinds that travel down and `path` have none there. */
export function factKeys(world: World, { kind, origin, namespace }: ShardId): Iterable<string> {
  const found = world.origins.get(origin);
  if (found === undefined) return [];
  switch (kind) {
    case "cluster":
      return found.cluster.entries.keys();
    case "node":
      return found.nodes.entries.keys();
    case "namespace":
      return found.namespaces.entries.keys();
    case "export":
      return found.exports.get(namespace)?.entries.keys() ?? [];
    case "reach": {
      const services = [...(found.reach.get(namespace)?.services ?? [])];
      return services.flatMap(([service, nodes]) => [...nodes.keys()].map((node) => reachKey(service, node)));
    }
    case "path":
    case "member":
    case "import":
    case "stub":
    case "exportStatus":
      return [];
  }
}
