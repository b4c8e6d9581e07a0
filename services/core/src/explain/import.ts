// Why a cluster does or does not import a service.

import { completeness, isNamespacesKnown } from "../completeness.ts";
import { mayRemoveEndpoints } from "../localise/slices.ts";
import type { Exporter } from "../published.ts";
import { importShard } from "../published-shards.ts";
import { viewOf } from "../view-of.ts";
import type { View } from "../view.ts";
import type { World } from "../world.ts";
import { awaited, explainCluster, explainRefusedRanges } from "./cluster.ts";
import { passes, stops, type ExplainStep } from "./step.ts";

/**
 * The steps that lead to the import, or stop it: cluster, namespace, each export, its ranges and pods, the import. The
 * last one concludes: one exporter of several may fail where the import stands.
 */
export function explainImport(
  world: World,
  cluster: string,
  namespace: string,
  name: string,
): readonly ExplainStep[] {
  const view = viewOf(world);
  const needed = [explainCluster(world, cluster), explainNamespace(world, cluster, namespace)];
  const exports = explainExports(world, namespace, name);
  const service = view.import(namespace, name);
  const exporters = service?.exporters.map((exporter) => exporter.cluster) ?? [];
  const details = (service?.exporters ?? []).flatMap((exporter) => [
    ...explainRefusedRanges(world, exporter.cluster),
    explainEndpoints(view, exporter, cluster, { namespace, name }),
  ]);
  return [...needed, ...exports, ...details, conclude(world, needed, exporters, namespace, name)];
}

function explainNamespace(world: World, cluster: string, namespace: string): ExplainStep {
  if (world.origins.get(cluster)?.namespaces.entries.has(namespace)) {
    return passes("namespace", `cluster "${cluster}" has namespace "${namespace}"`);
  }
  const known = isNamespacesKnown(world, cluster);
  const what = known ? "has no" : "has not said whether it has";
  return stops(
    "namespace",
    "NoNamespace",
    `cluster "${cluster}" ${what} namespace "${namespace}"`,
    known ? "no" : "unknown",
  );
}

function explainExports(world: World, namespace: string, name: string): readonly ExplainStep[] {
  const statuses = [...(world.services.get(namespace)?.get(name)?.statuses ?? [])];
  if (statuses.length === 0) {
    const known = completeness(world, importShard(namespace));
    const why = known
      ? `no cluster exports ${namespace}/${name}`
      : `not every cluster has spoken yet: ${awaited(world)}`;
    return [stops("export", "NotExported", why, known ? "no" : "unknown")];
  }
  return statuses.map(([exporter, status]) => {
    const subject = `export ${namespace}/${name} of cluster "${exporter}"`;
    if (!status.accepted)
      return stops("export", status.reason ?? "NotExported", `${subject} is refused: ${status.message}`);
    const conflicts =
      status.conflicts.length === 0 ? "" : `, with ${status.conflicts.join(",")}: ${status.message}`;
    return passes("export", `${subject} is accepted${conflicts}`);
  });
}

function explainEndpoints(
  view: View,
  { cluster: exporter, endpoints, clusterAddresses }: Exporter,
  importer: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): ExplainStep {
  const pods = [...view.reach(exporter, namespace, name)].flatMap(([, reach]) =>
    reach.groups.flatMap((it) => it.pods),
  );
  const ready = pods.filter((pod) => pod.ready).length;
  const byAddress = endpoints === "vip" && exporter !== importer;
  const at = byAddress ? `, reached at the Service's address ${clusterAddresses.join(", ")}` : "";
  const text = `cluster "${exporter}": ${ready} of ${pods.length} pods ready${at}`;
  if (ready > 0) return passes("endpoints", text);
  const known = mayRemoveEndpoints(view, namespace, name, exporter);
  return stops("endpoints", "NoReadyEndpoints", known ? text : `${text} so far`, known ? "no" : "unknown");
}

function conclude(
  world: World,
  needed: readonly ExplainStep[],
  exporters: readonly string[],
  namespace: string,
  name: string,
): ExplainStep {
  const subject = `${namespace}/${name}`;
  const stopped =
    needed.find((step) => step.outcome === "no") ?? needed.find((step) => step.outcome === "unknown");
  if (stopped?.reason !== undefined) {
    const outcome = stopped.outcome === "unknown" ? "unknown" : "no";
    return stops("import", stopped.reason, `${subject} is not imported: ${stopped.message}`, outcome);
  }
  if (exporters.length > 0) return passes("import", `${subject} is imported from ${exporters.join(", ")}`);
  const known = completeness(world, importShard(namespace));
  return stops(
    "import",
    "NotExported",
    `${subject} is not imported: no accepted export is known`,
    known ? "no" : "unknown",
  );
}
