// The full pass over a world's publications, as text: the oracle that incremental results are compared with.

import { completeness, keysOf, lookup, shardIds, shardKey, type World } from "../src/index.ts";

/** Every published entry by `shard key`, as JSON. */
export function publishedEntries(world: World): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const id of shardIds(world)) {
    for (const key of keysOf(world, id))
      entries.set(`${shardKey(id)} ${key}`, JSON.stringify(lookup(world, id, key)));
  }
  return entries;
}

/** All publications with their completeness as one text: equal text, equal bytes for importers. */
export function publishedText(world: World): string {
  const shards = shardIds(world).map(
    (id) => `${shardKey(id)} ${completeness(world, id) ? "whole" : "partial"}`,
  );
  return [...shards, ...[...publishedEntries(world)].map(([key, value]) => `${key} = ${value}`)].join("\n");
}
