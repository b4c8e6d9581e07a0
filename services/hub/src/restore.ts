// The world after a restart: what the store keeps, with the facts of the cache laid over it. The cache is written
// apart from the store, so where the two differ the store is believed and the agent is asked again.

import { reduce, restoreWorld } from "@sealane/core";
import type { Declared, FactValue, ShardId, World } from "@sealane/core";
import { decodeValue } from "@sealane/wire";
import type { ShardTable } from "@sealane/wire";
import type { Clusters } from "./clusters.ts";
import { factOf } from "./intake.ts";
import { storedDepartures } from "./leave/record.ts";
import type { Durable, DurableCluster } from "./records.ts";
import type { CachedShard } from "./store/cache.ts";
import { hasSaidEverything } from "./synced.ts";

/** What a restart begins from. */
export interface RestoreOptions {
  readonly declared: Declared;
  readonly durable: Durable;
  readonly cached: readonly CachedShard[];
  /** Filled with terms and received shards. */
  readonly clusters: Clusters;
  readonly onSkipped: (id: ShardId, why: string) => void;
}

/** The restored world. A cached shard that is broken or older than the store is left out and will be sent again. */
export function restore(options: RestoreOptions): World {
  const { declared, durable, clusters } = options;
  const stored = durable.clusters.flatMap(({ name, fact, exports }) =>
    fact === undefined ? [] : [{ name, fact, exports }],
  );
  let world = restoreWorld(declared, {
    book: durable.book,
    clusters: stored,
    ...storedDepartures(durable.departures),
  });
  for (const { name, epoch, incarnation } of durable.clusters) {
    clusters.of(name).epoch = epoch;
    clusters.of(name).incarnation = incarnation;
  }
  const cachedOf = Map.groupBy(options.cached, ({ id }) => id.origin);
  for (const cluster of durable.clusters) {
    world = layOver(world, cluster, cachedOf.get(cluster.name) ?? [], options);
  }
  return world;
}

function layOver(
  world: World,
  durable: DurableCluster,
  shards: readonly CachedShard[],
  options: RestoreOptions,
): World {
  const cluster = options.clusters.of(durable.name);
  const stale = staleShards(durable, shards);
  let next = world;
  for (const shard of shards) {
    const { id } = shard;
    // `path` says that everything was said, which is not so when something must be said again.
    const refused = stale.has(keyOf(id)) || (stale.size > 0 && id.kind === "path");
    const values = refused ? undefined : decodeAll(shard, options);
    if (values === undefined || !hold(cluster.received, shard, options)) continue;
    cluster.shards += 1;
    cluster.entries += shard.entries.length;
    const change = { id, entries: shard.entries, completed: shard.complete };
    next = reduce(next, factOf(change, { values, complete: shard.complete, unsaid: [] })).world;
  }
  if (!hasSaidEverything(cluster.received, cluster.name)) return next;
  return reduce(next, { type: "synced", cluster: cluster.name }).world;
}

function keyOf({ kind, namespace }: ShardId): string {
  return `${kind} ${namespace}`;
}

/** Shards of what must stick whose cached content is not exactly what the store has. */
function staleShards(durable: DurableCluster, shards: readonly CachedShard[]): ReadonlySet<string> {
  const inStore = new Map<string, Map<string, string>>([["cluster ", new Map()]]);
  if (durable.fact !== undefined) inStore.get("cluster ")?.set("", JSON.stringify(durable.fact));
  for (const { namespace, name, fact } of durable.exports) {
    const names = inStore.get(`export ${namespace}`) ?? new Map<string, string>();
    inStore.set(`export ${namespace}`, names.set(name, JSON.stringify(fact)));
  }
  const inCache = new Map<string, Map<string, string>>();
  for (const { id, entries } of shards) {
    if (id.kind !== "cluster" && id.kind !== "export") continue;
    const texts = entries.map(({ key, value }) => [key, textOf(id, value)] as const);
    inCache.set(keyOf(id), new Map(texts));
  }
  const keys = new Set([...inStore.keys(), ...inCache.keys()]);
  return new Set([...keys].filter((key) => !sameTexts(inStore.get(key), inCache.get(key))));
}

function sameTexts(
  a: ReadonlyMap<string, string> = new Map(),
  b: ReadonlyMap<string, string> = new Map(),
): boolean {
  return a.size === b.size && [...a].every(([key, text]) => b.get(key) === text);
}

function textOf({ kind }: ShardId, value: Uint8Array | undefined): string {
  try {
    return value === undefined ? "" : JSON.stringify(decodeValue(kind, value));
  } catch {
    return "";
  }
}

function decodeAll(
  { id, entries }: CachedShard,
  { onSkipped }: RestoreOptions,
): ReadonlyMap<string, FactValue> | undefined {
  try {
    return new Map(
      entries.flatMap(({ key, value }) =>
        value === undefined ? [] : [[key, decodeValue(id.kind, value) as FactValue] as const],
      ),
    );
  } catch (error) {
    onSkipped(id, String(error));
    return undefined;
  }
}

/** Puts a cached shard among the received ones; its sum proves that the file has it whole. */
function hold(received: ShardTable, shard: CachedShard, { onSkipped }: RestoreOptions): boolean {
  const { id, position, complete, sum, entries } = shard;
  try {
    received.apply({ id, position, begin: complete, end: complete, complete, sum, entries });
    return true;
  } catch (error) {
    received.drop(id);
    onSkipped(id, String(error));
    return false;
  }
}
