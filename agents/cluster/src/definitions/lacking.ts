// What a definition lacks of what Sealane reads and writes: versions, the status, fields. Pure.

import type { Json } from "../kube/door.ts";
import { optionalRecord, record } from "../kube/door.ts";
import type { DefinedVersion, Definition } from "./definition.ts";

type Part = "spec" | "status";

interface Need {
  readonly version: string;
  /** All fields that the shipped definition has below these. */
  readonly parts: readonly Part[];
}

/** The agent reads and writes v1beta1; CoreDNS reads imports as v1alpha1. */
const needs: Readonly<Record<string, readonly Need[]>> = {
  "serviceexports.multicluster.x-k8s.io": [{ version: "v1beta1", parts: ["spec", "status"] }],
  "serviceimports.multicluster.x-k8s.io": [
    { version: "v1beta1", parts: ["spec", "status"] },
    { version: "v1alpha1", parts: ["spec"] },
  ],
  "clusterproperties.about.k8s.io": [{ version: "v1beta1", parts: ["spec"] }],
};

/** What `found` lacks that `shipped` has and that somebody needs; empty when it will do. */
export function lacking(shipped: Definition, found: Definition): readonly string[] {
  return [
    ...differing("scope", shipped.spec["scope"], found.spec["scope"]),
    ...differing("kind", namesOf(shipped)["kind"], namesOf(found)["kind"]),
    ...needsOf(shipped.name).flatMap(({ version, parts }) =>
      versionLacks(version, parts, shipped.versions.get(version), found.versions.get(version)),
    ),
  ];
}

/** @throws Error for a definition that nobody is known to need. */
function needsOf(name: string): readonly Need[] {
  const found = needs[name];
  if (found === undefined) throw new Error(`Nobody is known to need the definition "${name}"`);
  return found;
}

function namesOf({ spec }: Definition): Json {
  return optionalRecord(spec["names"], "spec.names");
}

function differing(what: string, ours: unknown, theirs: unknown): readonly string[] {
  return ours === theirs ? [] : [`${what} ${String(ours)} (it has ${String(theirs)})`];
}

function versionLacks(
  version: string,
  parts: readonly Part[],
  ours: DefinedVersion | undefined,
  theirs: DefinedVersion | undefined,
): readonly string[] {
  if (theirs?.served !== true) return [`version ${version}`];
  return parts.flatMap((part) => [
    ...(part === "status" && !theirs.hasStatus ? [`${version} subresource status`] : []),
    ...fieldsLacking(partOf(ours?.schema, part), partOf(theirs.schema, part), part).map(
      (field) => `${version} ${field}`,
    ),
  ]);
}

function partOf(schema: Json | undefined, part: Part): Json {
  const properties = optionalRecord(schema?.["properties"], "properties");
  return optionalRecord(properties[part], part);
}

/** Paths of the fields of `ours` that `theirs` would drop; what is below a missing field is not named. */
function fieldsLacking(ours: Json, theirs: Json, path: string): readonly string[] {
  if (theirs["x-kubernetes-preserve-unknown-fields"] === true) return [];
  if (ours["items"] !== undefined)
    return fieldsLacking(record(ours["items"], path), optionalRecord(theirs["items"], path), `${path}[]`);
  const known = optionalRecord(theirs["properties"], path);
  return Object.entries(optionalRecord(ours["properties"], path)).flatMap(([name, schema]) =>
    known[name] === undefined
      ? [`${path}.${name}`]
      : fieldsLacking(record(schema, name), record(known[name], name), `${path}.${name}`),
  );
}
