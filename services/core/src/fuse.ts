// From what clusters say of one name to what the hub publishes of it: refuse what a cluster may not export,
// merge the rest. Decides about one name at a time; a change of one export costs one call.

import { heldAddresses, nothingAdmitted, serviceKinds } from "./admission.ts";
import { compareText, sameValue } from "./compare.ts";
import type { Constituent } from "./constituent.ts";
import type { ExportFact } from "./facts.ts";
import { entryBytesMax } from "./limits.ts";
import { mergeFitting } from "./merge-fitting.ts";
import type { ExportStatus, MergedService } from "./published.ts";
import { no, yes, type Verdict } from "./reasons.ts";
import { exportFault } from "./service-rules.ts";
import type { FusedService, World } from "./world.ts";

/** The export of a cluster, if it said that it has one. Before its ranges are known nothing can be decided about it. */
function exportOf(world: World, cluster: string, namespace: string, name: string): ExportFact | undefined {
  const origin = world.origins.get(cluster);
  if (!origin?.cluster.entries.has("")) return undefined;
  return origin.exports.get(namespace)?.entries.get(name);
}

/** Whether the cluster may export this, with the reason and its cure. */
function judgeExport(
  world: World,
  cluster: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  fact: ExportFact,
): Verdict {
  if (world.leaving.has(cluster)) {
    return no(
      "ClusterLeaving",
      `Cluster "${cluster}" is leaving the mesh, so nothing of it is exported any more`,
    );
  }
  const allowed = world.declared.clusters.get(cluster)?.exportNamespaces;
  if (allowed !== undefined && !allowed.includes(namespace)) {
    return no(
      "NamespaceNotAllowed",
      `Cluster "${cluster}" may not export from namespace "${namespace}": its document allows ` +
        `${allowed.length === 0 ? "none" : allowed.map((it) => `"${it}"`).join(", ")}; add the namespace there, or delete the ServiceExport`,
    );
  }
  const fault = exportFault(fact);
  if (fault !== undefined) {
    return no(
      "ServiceInvalid",
      `Service "${namespace}/${name}" of cluster "${cluster}" is one that no API server takes, so no cluster could import it: ` +
        `${fault.message}; correct it there`,
    );
  }
  const held = heldAddresses(
    world.admissions.get(cluster) ?? nothingAdmitted,
    fact.clusterAddresses,
    serviceKinds,
  );
  if (held.length > 0 || fact.clusterAddresses.length === 0) return yes;
  return no(
    "AddressOutsideRanges",
    `Address ${fact.clusterAddresses.join(", ")} lies outside every service range that cluster "${cluster}" holds; ` +
      `see its ranges with "sealane get ranges" and free the range from quarantine, or declare the missing one`,
  );
}

/** Fuses what the given clusters export under one name; undefined when none of them does. Values that did not change stay the same objects. */
export function fuse(
  world: World,
  namespace: string,
  name: string,
  clusters: Iterable<string>,
): FusedService | undefined {
  const before = world.services.get(namespace)?.get(name);
  const judged = [...new Set(clusters)].toSorted(compareText).flatMap((cluster): Judged[] => {
    const fact = exportOf(world, cluster, namespace, name);
    return fact === undefined
      ? []
      : [{ cluster, fact, verdict: judgeExport(world, cluster, { namespace, name }, fact) }];
  });
  if (judged.length === 0) return undefined;
  const accepted = judged.filter((it) => it.verdict.yes);
  const { merged, refused } = mergeFitting(
    accepted.map(({ cluster, fact }) => ({ cluster, fact: withHeldAddresses(world, cluster, fact) })),
  );
  const statuses = judged.map(({ cluster, verdict: own }): readonly [string, ExportStatus] => {
    const verdict = refused.has(cluster) ? tooLarge(namespace, name) : own;
    const status = verdict.yes ? merged!.status : refusal(verdict);
    return [cluster, sameOr(before?.statuses.get(cluster), status)];
  });
  return unchangedOr(before, {
    service: keepingParts(before?.service, merged?.service),
    statuses: new Map(statuses),
  });
}

interface Judged extends Constituent {
  readonly verdict: Verdict;
}

function tooLarge(namespace: string, name: string): Verdict {
  return no(
    "ServiceTooLarge",
    `The ports, labels and annotations of "${namespace}/${name}", with those of older exports of the name, are more than ` +
      `the ${entryBytesMax} bytes that one service may have; export fewer, or under another name`,
  );
}

function refusal(verdict: Verdict & { yes: false }): ExportStatus {
  return { accepted: false, reason: verdict.reason, conflicts: [], message: verdict.message };
}

function withHeldAddresses(world: World, cluster: string, fact: ExportFact): ExportFact {
  const held = heldAddresses(
    world.admissions.get(cluster) ?? nothingAdmitted,
    fact.clusterAddresses,
    serviceKinds,
  );
  return held === fact.clusterAddresses ? fact : { ...fact, clusterAddresses: held };
}

/** The service with every part that did not change being the object that it was: most often only the owner does. */
function keepingParts(
  before: MergedService | undefined,
  after: MergedService | undefined,
): MergedService | undefined {
  if (before === undefined || after === undefined) return after;
  const parts = {
    ports: sameOr(before.ports, after.ports),
    ipFamilies: sameOr(before.ipFamilies, after.ipFamilies),
    labels: sameOr(before.labels, after.labels),
    annotations: sameOr(before.annotations, after.annotations),
    exporters: sameOr(before.exporters, after.exporters),
  };
  return sameOr(before, { ...after, ...parts });
}

function sameOr<T>(before: T | undefined, after: T): T {
  return before !== undefined && sameValue(before, after) ? before : after;
}

function unchangedOr(before: FusedService | undefined, after: FusedService): FusedService {
  const unchanged =
    before !== undefined &&
    after.service === before.service &&
    after.statuses.size === before.statuses.size &&
    [...after.statuses].every(([cluster, status]) => before.statuses.get(cluster) === status);
  return unchanged ? before : after;
}
