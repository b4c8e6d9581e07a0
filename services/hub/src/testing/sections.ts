// Sections as a cluster's agent would send them, without an agent.

import type { ShardKind } from "@sealane/core";
import { ShardTable, encodeValue } from "@sealane/wire";
import type { Section, Values } from "@sealane/wire";
import { clusterFact, exportFact, reachFact } from "./facts.ts";

/** A shard's content by key. */
export type Content<K extends ShardKind> = Readonly<Record<string, Values[K]>>;

/** A whole shard as one section. */
export function wholeSection<K extends ShardKind>(
  cluster: string,
  {
    kind,
    namespace = "",
    sequence = 1n,
  }: { readonly kind: K; readonly namespace?: string; readonly sequence?: bigint },
  content: Content<K>,
): Section {
  const id = { kind, origin: cluster, namespace };
  const position = { epoch: 1n, sequence };
  const table = new ShardTable();
  table.complete(id, position);
  for (const [key, value] of Object.entries(content))
    table.put(id, key, encodeValue(kind, value), 1n, position);
  const entries = [...table.entries(id)].map(([key, { value, observedUnixUs }]) => ({
    key,
    value,
    observedUnixUs,
  }));
  return { id, position, begin: true, end: true, complete: true, sum: table.state(id)?.sum ?? 0n, entries };
}

/** Everything that a small cluster says: see `sayCluster`. */
export function clusterSections(cluster: string, number: number): readonly Section[] {
  const namespace = "shop";
  const node = {
    addresses: [`192.0.2.${number * 16 + 1}`],
    podPrefixes: [`10.${number}.0.0/24`],
    ready: true,
    zone: "",
  };
  return [
    wholeSection(cluster, { kind: "cluster" }, { "": clusterFact(number) }),
    wholeSection(cluster, { kind: "node" }, { n1: node }),
    wholeSection(cluster, { kind: "namespace" }, { shop: {} }),
    wholeSection(cluster, { kind: "export", namespace }, { web: exportFact(number) }),
    wholeSection(cluster, { kind: "reach", namespace }, { "web/n1": reachFact(number) }),
    wholeSection(cluster, { kind: "path" }, {}),
  ];
}
