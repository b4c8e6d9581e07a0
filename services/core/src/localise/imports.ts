// Which services a cluster imports: those that somebody exports, in namespaces that it has (KEP-1645). It
// never makes a namespace.

import { compareText } from "../compare.ts";
import type { DesiredImport } from "../desired.ts";
import { importShard, reachShard } from "../published-shards.ts";
import { meshNamespace } from "../reach-key.ts";
import type { View } from "../view.ts";
import { derivedPorts } from "./ports.ts";
import { mayRemoveEndpoints } from "./slices.ts";

/** Every import of a cluster with these namespaces, sorted by namespace and name. */
export function localiseImports(view: View, namespaces: ReadonlySet<string>): readonly DesiredImport[] {
  const imports = [...view.imports()].filter(([namespace]) => namespaces.has(namespace));
  return imports
    .flatMap(([namespace, name]) => localiseImport(view, namespace, name) ?? [])
    .toSorted((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name));
}

/** One import, for a cluster that has the namespace; undefined when nobody is known to export it. */
export function localiseImport(view: View, namespace: string, name: string): DesiredImport | undefined {
  const service = view.import(namespace, name);
  return service === undefined ? undefined : { namespace, name, service, ports: derivedPorts(service) };
}

/**
 * Whether an import that is not wanted may be removed: the namespace's imports are known to their end, or of each cluster
 * that it was made of (`exporters`, empty when nobody knows) it is known that it exports the service no longer: by its
 * pods, or because it is a member that has spoken, and in all that there is nobody exports anything from the namespace.
 */
export function mayRemoveImport(
  view: View,
  namespace: string,
  name: string,
  exporters: readonly string[],
): boolean {
  if (view.complete(importShard(namespace))) return true;
  const isUnheardOf = view.unheardOf(importShard(namespace));
  return (
    exporters.length > 0 &&
    exporters.every(
      (cluster) =>
        mayRemoveEndpoints(view, namespace, name, cluster) ||
        // Every cluster has this shard, whatever it exports; what is merged was sent before its end.
        (isUnheardOf && view.complete(reachShard(cluster, meshNamespace))),
    )
  );
}
