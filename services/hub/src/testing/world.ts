// Worlds for tests, from facts of small clusters, without a hub.

import { emptyWorld, nothingDeclared, reduce } from "@sealane/core";
import type { Declared, Fact, FactKind, FactValue, World } from "@sealane/core";
import { clusterFact, exportFact, reachFact } from "./facts.ts";

/** One entry of one shard, said to its end. */
export function fact(
  kind: FactKind,
  origin: string,
  entry: { readonly namespace?: string; readonly key: string; readonly value: FactValue | undefined },
): Fact {
  const { namespace = "", key, value } = entry;
  const upserts = value === undefined ? [] : [[key, value] as const];
  const removed = value === undefined ? [key] : [];
  return { type: "section", shard: { kind, origin, namespace }, upserts, removed, complete: true };
}

/** All that a small cluster says: ranges, a node, a namespace, the export shop/web with one pod. */
export function clusterFacts(origin: string, number: number): readonly Fact[] {
  const node = {
    addresses: [`192.0.2.${number * 16 + 1}`],
    podPrefixes: [`10.${number}.0.0/24`],
    ready: true,
    zone: "",
  };
  return [
    fact("cluster", origin, { key: "", value: clusterFact(number) }),
    fact("node", origin, { key: "n1", value: node }),
    fact("namespace", origin, { key: "shop", value: {} }),
    fact("export", origin, { namespace: "shop", key: "web", value: exportFact(number) }),
    fact("reach", origin, { namespace: "shop", key: "web/n1", value: reachFact(number) }),
    { type: "synced", cluster: origin },
  ];
}

/** The world after the facts. */
export function worldAfter(world: World, ...facts: readonly Fact[]): World {
  return facts.reduce((now, next) => reduce(now, next).world, world);
}

/** A world of small clusters. */
export function worldOf(numbers: Readonly<Record<string, number>>, declared: Partial<Declared> = {}): World {
  const facts = Object.entries(numbers).flatMap(([name, number]) => clusterFacts(name, number));
  return worldAfter(emptyWorld({ ...nothingDeclared, meshZone: "mesh.example", ...declared }), ...facts);
}
