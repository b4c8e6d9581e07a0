// What is still missing at each stage, as phrases; nothing missing means that the stage is reached. Pure: the hub's
// answers, the rendered files and the manifests have to agree with each other.

import type { Picture } from "./picture.ts";
import type { Finding } from "./rendered.ts";

/** A stage: what it still lacks for these clusters. */
export type Missing = (picture: Picture, clusters: readonly string[]) => readonly string[];

/** Every cluster's agent has a session with the hub. */
export const missingMembers: Missing = (picture, clusters) =>
  clusters.flatMap((name) => {
    const agent = picture.clusters.find((cluster) => cluster.name === name)?.agent;
    return agent === "ready" ? [] : [`${name}: its agent (${agent ?? "not joined yet"})`];
  });

/** Every cluster's ranges have a verdict. */
export const missingRanges: Missing = (picture, clusters) =>
  clusters.flatMap((name) =>
    picture.ranges.some(({ cluster }) => cluster === name) ? [] : [`${name}: verdicts about its ranges`],
  );

/** Every ServiceExport of the manifests was decided, and everything decided is in the manifests. */
export const missingExports: Missing = (picture, clusters) =>
  clusters.flatMap((name) =>
    differences(
      picture.inputs.get(name)?.exports ?? [],
      picture.services
        .filter(({ exports }) => exports.some(({ cluster }) => cluster === name))
        .map((service) => `${service.namespace}/${service.name}`),
    ).map((text) => `${name}: export ${text}`),
  );

/** Every merged service is rendered in every cluster that has its namespace, and nothing else is. */
export const missingImports: Missing = (picture, clusters) =>
  clusters.flatMap((name) => {
    const namespaces = picture.inputs.get(name)?.namespaces ?? [];
    const merged = picture.services.filter((it) => it.type !== null && namespaces.includes(it.namespace));
    const want = merged.map((service) => `${service.namespace}/${service.name}`);
    const have = picture.rendered.get(name)?.imports ?? [];
    return differences(want, have).map((text) => `${name}: import ${text}`);
  });

/** On every node the rendered routes are those that the hub wants, hop by hop. */
export const missingRoutes: Missing = (picture, clusters) =>
  clusters.flatMap((name) => {
    const want = (picture.wanted.get(name) ?? [])
      .filter(({ kind }) => kind === "install")
      .map(({ prefix, nextHops }) => `${prefix} via ${nextHops.join(" ")}`);
    const rendered = picture.rendered.get(name)?.nodes;
    return [...(picture.inputs.get(name)?.nodes.keys() ?? [])].flatMap((node) => {
      const routes = rendered?.get(node);
      if (routes === undefined) return [`${node}: its routes`];
      const have = [...routes].map(([prefix, hops]) => `${prefix} via ${hops.join(" ")}`);
      return differences(want, have).map((text) => `${node}: route ${text}`);
    });
  });

/** Every other cluster's zone is forwarded to the addresses that the hub knows. */
export const missingNames: Missing = (picture, clusters) =>
  clusters.flatMap((name) => {
    const zones = picture.names.filter(({ kind, cluster }) => kind === "zone" && cluster !== name);
    const want = zones.filter(({ addresses }) => addresses.length > 0).map((zone) => zone.name);
    const have = [...(picture.rendered.get(name)?.zones.keys() ?? [])];
    return differences(want, have).map((text) => `${name}: stub for ${text}`);
  });

/** Every agent has told the hub that it found everything as wanted. One with findings says those instead. */
const missingReports: Missing = (picture, clusters) =>
  clusters.flatMap((name) => {
    const { reports = [], ranges } = picture.clusters.find((cluster) => cluster.name === name) ?? {};
    if (reports.length === 0) return [`${name}: its agent's report`];
    if (ranges?.quarantined !== 0 || reports.some(({ findings }) => findings.length > 0)) return [];
    return reports
      .flatMap(({ counts }) => counts)
      .filter(({ desired, observed }) => desired !== observed)
      .map(({ kind, desired, observed }) => `${name}: ${observed} of ${desired} ${kind}`);
  });

/** Everything at once. */
export const missingAnything: Missing = (picture, clusters) =>
  [
    ...[missingMembers, missingRanges, missingExports, missingImports],
    ...[missingRoutes, missingNames, missingReports],
  ].flatMap((missing) => missing(picture, clusters));

/** Faults of manifests, `clusters/a/nodes.yaml:12: why`: waiting does not mend them. */
export function manifestFaults({ rendered, clusters }: Picture): readonly string[] {
  const told = clusters.flatMap(({ name, reports }) =>
    reports.flatMap(({ findings }) => findings.map((finding) => ({ name, finding }))),
  );
  const written = [...rendered].flatMap(([name, { findings }]) =>
    findings.map((finding: Finding) => ({ name, finding })),
  );
  const faults = [...told, ...written].filter(({ finding }) => finding.reason === "ManifestInvalid");
  return [...new Set(faults.map(({ name, finding }) => `clusters/${name}/${finding.message}`))];
}

/** `x` that is not there, `x (too much)` that should not be. */
function differences(want: readonly string[], have: readonly string[]): readonly string[] {
  return [
    ...want.filter((each) => !have.includes(each)),
    ...have.filter((each) => !want.includes(each)).map((each) => `${each} (not wanted)`),
  ];
}
