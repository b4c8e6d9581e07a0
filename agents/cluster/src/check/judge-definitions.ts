// Whether the API server serves the Multi-Cluster Services API as it is needed: the agent reads and writes v1beta1,
// CoreDNS reads imports as v1alpha1. Pure.

import type { CheckResult } from "@sealane/core";
import { well, wrong } from "@sealane/core";

/** One resource of an API group's version, as discovery tells it. */
export interface ApiResource {
  /** `serviceimports`, `serviceimports/status`. */
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** What a version of the group serves. */
export type ApiGroup = readonly ApiResource[];

/** The versions that are asked for. */
export const definitionVersions = ["v1beta1", "v1alpha1"] as const;

interface Needed {
  readonly kind: string;
  readonly version: (typeof definitionVersions)[number];
  readonly names: readonly string[];
  readonly reader: string;
}

const needed: readonly Needed[] = [
  {
    kind: "ServiceExport",
    version: "v1beta1",
    names: ["serviceexports", "serviceexports/status"],
    reader: "the agent",
  },
  {
    kind: "ServiceImport",
    version: "v1beta1",
    names: ["serviceimports", "serviceimports/status"],
    reader: "the agent",
  },
  { kind: "ServiceImport", version: "v1alpha1", names: ["serviceimports"], reader: "mesh-dns" },
];

/** One result for each kind in each version that somebody needs. */
export function judgeDefinitions(served: ReadonlyMap<string, ApiGroup | undefined>): readonly CheckResult[] {
  return needed.map((need) => judgeOne(need, served.get(need.version) ?? []));
}

function judgeOne({ kind, version, names, reader }: Needed, resources: ApiGroup): CheckResult {
  const subject = `${kind} ${version}`;
  const refuse = (message: string) => wrong(subject, "DefinitionNotServed", message);
  const missing = names.filter((name) => !resources.some((resource) => resource.name === name));
  if (missing.length > 0)
    return refuse(
      `the API server does not serve ${missing.join(" and ")} as multicluster.x-k8s.io/${version}, which ${reader} needs`,
    );
  const foreign = resources.find(
    (resource) => names.includes(resource.name) && (resource.kind !== kind || !resource.namespaced),
  );
  if (foreign === undefined) return well(subject, `is served, for ${reader}`);
  const scope = foreign.namespaced ? "namespaced" : "cluster-wide";
  return refuse(`${foreign.name} is served as ${scope} kind ${foreign.kind}, by somebody else's definition`);
}
