// Which published shards a fact may have made whole. The full pass is every shard; most facts touch few.

import { meshNamespace, shardIds } from "@sealane/core";
import type { Fact, ShardId, World } from "@sealane/core";

/** Published shards whose completeness may differ after the fact, and more only where that costs little. */
export function mayBeCompleted(before: World, after: World, fact: Fact): readonly ShardId[] {
  const isLocal = before.pending === after.pending && before.left === after.left;
  if (fact.type !== "section" || fact.shard.kind === "cluster" || !isLocal) return shardIds(after);
  const { origin, namespace } = fact.shard;
  if (namespace === "") return [{ kind: "node", origin, namespace: "" }];
  const exports = after.origins.get(origin)?.exports.has(namespace) ?? false;
  const reach: ShardId = { kind: "reach", origin, namespace };
  if (!exports) return namespace === meshNamespace ? [reach] : [];
  return [reach, { kind: "exportStatus", origin, namespace }, { kind: "import", origin: "", namespace }];
}
