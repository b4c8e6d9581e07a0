// One shard of facts and what a section makes of it. Content that is already held changes nothing, so the
// same object comes back; what came from the store and is not repeated goes at the shard's end, not before.

import { sameValue } from "./compare.ts";
import type { SectionFact } from "./fact.ts";
import type { ReachFact } from "./facts.ts";
import { PersistentMap } from "./persistent-map.ts";
import { splitReachKey } from "./reach-key.ts";
import type { FactShard, ReachShard } from "./world.ts";

/** The next shard with the keys whose value is not what it was. */
export interface Applied<S> {
  readonly shard: S;
  readonly changed: readonly string[];
}

const noKeys: ReadonlySet<string> = new Set();

/** The shard before anything was said. */
export function emptyShard<T>(): FactShard<T> {
  return { entries: PersistentMap.empty(), complete: false, unconfirmed: noKeys };
}

/** A shard of what the store holds, not yet repeated by its cluster. */
export function restoredShard<T>(entries: Iterable<readonly [string, T]>): FactShard<T> {
  const map = PersistentMap.of(entries);
  return { entries: map, complete: false, unconfirmed: new Set(map.keys()) };
}

/** Applies a section. The caller vouches that the section's values are of the shard's kind. */
export function applySection<T>(shard: FactShard<T>, section: SectionFact): Applied<FactShard<T>> {
  let entries = shard.entries;
  const changed: string[] = [];
  const remove = (key: string) => {
    if (entries.has(key)) changed.push(key);
    entries = entries.without(key);
  };
  const unconfirmed = new Set(shard.unconfirmed);
  for (const [key, value] of section.upserts) {
    unconfirmed.delete(key);
    const held = entries.get(key);
    if (held !== undefined && sameValue(held, value)) continue;
    entries = entries.with(key, value as T);
    changed.push(key);
  }
  for (const key of section.removed) {
    unconfirmed.delete(key);
    remove(key);
  }
  if (section.complete) unconfirmed.forEach(remove);
  return { shard: nextShard(shard, entries, section, unconfirmed), changed };
}

/** The shard at its end: what the cluster did not repeat is gone. */
export function dropUnconfirmed<T>(shard: FactShard<T>): Applied<FactShard<T>> {
  if (shard.unconfirmed.size === 0) return { shard, changed: [] };
  const changed = [...shard.unconfirmed];
  const entries = changed.reduce((map, key) => map.without(key), shard.entries);
  return { shard: { ...shard, entries, unconfirmed: noKeys }, changed };
}

/** The pods of a namespace before anything was said. */
export const emptyReach: ReachShard = { services: PersistentMap.empty(), complete: false };

/** Applies a section to the pods of a namespace. */
export function applyReach(shard: ReachShard, section: SectionFact): Applied<ReachShard> {
  let services = shard.services;
  const changed: string[] = [];
  for (const [key, value] of section.upserts) {
    const { service, node } = splitReachKey(key);
    const nodes = services.get(service) ?? PersistentMap.empty<ReachFact>();
    if (sameValue(nodes.get(node), value)) continue;
    services = services.with(service, nodes.with(node, value as ReachFact));
    changed.push(key);
  }
  for (const key of section.removed) {
    const { service, node } = splitReachKey(key);
    const nodes = services.get(service);
    if (nodes === undefined || !nodes.has(node)) continue;
    const rest = nodes.without(node);
    services = rest.size === 0 ? services.without(service) : services.with(service, rest);
    changed.push(key);
  }
  const complete = shard.complete || section.complete;
  if (changed.length === 0 && complete === shard.complete) return { shard, changed };
  return { shard: { services, complete }, changed };
}

function nextShard<T>(
  shard: FactShard<T>,
  entries: PersistentMap<T>,
  section: SectionFact,
  unconfirmed: ReadonlySet<string>,
): FactShard<T> {
  const complete = shard.complete || section.complete;
  const left = section.complete || unconfirmed.size === 0 ? noKeys : unconfirmed;
  const same =
    entries === shard.entries && complete === shard.complete && left.size === shard.unconfirmed.size;
  return same ? shard : { entries, complete, unconfirmed: left };
}
