// What of a changed world must be stored before anything that follows from it is published: the address book,
// what clusters say of themselves, and who exports what. Pods and nodes are soft and are not here.

import type { Fact, Origin, World } from "@sealane/core";
import { bookChange, clusterChange, exportChange } from "./records.ts";
import type { Change } from "./store/store.ts";

/** The writes that take the store from one world to the next, given the fact between them. */
export function stickyChanges(before: World, after: World, fact: Fact): readonly Change[] {
  const book = before.book === after.book ? [] : [bookChange(after.book)];
  switch (fact.type) {
    case "declared":
    case "letGo":
      return book;
    case "synced":
    case "depart":
    case "forget":
      return [
        ...book,
        ...clusterChanges(fact.cluster, before, after),
        ...allExportChanges(fact.cluster, before, after),
      ];
    case "section": {
      const { kind, origin, namespace } = fact.shard;
      if (kind === "cluster") return [...book, ...clusterChanges(origin, before, after)];
      if (kind === "export") return [...book, ...exportChanges(origin, namespace, before, after)];
      return book;
    }
  }
}

function clusterChanges(cluster: string, before: World, after: World): readonly Change[] {
  const was = before.origins.get(cluster)?.cluster.entries.get("");
  const is = after.origins.get(cluster)?.cluster.entries.get("");
  return was === is ? [] : [clusterChange(cluster, is)];
}

function allExportChanges(cluster: string, before: World, after: World): readonly Change[] {
  const namespaces = new Set([
    ...namespacesOf(before.origins.get(cluster)),
    ...namespacesOf(after.origins.get(cluster)),
  ]);
  return [...namespaces].flatMap((namespace) => exportChanges(cluster, namespace, before, after));
}

function namespacesOf(origin: Origin | undefined): Iterable<string> {
  return origin?.exports.keys() ?? [];
}

function exportChanges(cluster: string, namespace: string, before: World, after: World): readonly Change[] {
  const was = before.origins.get(cluster)?.exports.get(namespace)?.entries;
  const is = after.origins.get(cluster)?.exports.get(namespace)?.entries;
  if (was === is) return [];
  const names = new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]);
  return [...names]
    .filter((name) => was?.get(name) !== is?.get(name))
    .map((name) => exportChange({ cluster, namespace, name }, is?.get(name)));
}
