// A CustomResourceDefinition at the door: what is compared of it, and what it is written back with.

import { list, optionalRecord, parseObject, record, text } from "../kube/door.ts";
import type { Json, ObjectParts } from "../kube/door.ts";

/** A definition, shipped or found. */
export interface Definition {
  /** `serviceimports.multicluster.x-k8s.io`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Json;
  /** By name. */
  readonly versions: ReadonlyMap<string, DefinedVersion>;
}

/** A definition that an API server has. */
export interface FoundDefinition extends Definition {
  readonly resourceVersion: string;
  readonly terminating: boolean;
  /** Whether the API server serves it, or why not. */
  readonly standing: "established" | "pending" | { readonly refused: string };
}

/** One version of a kind. */
export interface DefinedVersion {
  readonly served: boolean;
  readonly hasStatus: boolean;
  /** OpenAPI v3, of the whole object. */
  readonly schema: Json;
}

/** A file of deploy/crds. @throws ObjectError */
export function parseShipped(object: unknown): Definition {
  const root = record(object, "object");
  const metadata = { resourceVersion: "", ...record(root["metadata"], "metadata") };
  return parseObject("CustomResourceDefinition", { ...root, metadata }, (parts) => ({
    ...definitionOf(parts),
    ...storedParts(parts),
  }));
}

/** What the API server has. @throws ObjectError */
export function parseFound(object: unknown): FoundDefinition {
  return parseObject("CustomResourceDefinition", object, (parts) => ({
    ...definitionOf(parts),
    ...storedParts(parts),
    terminating: parts.terminating,
    standing: standingOf(parts.status),
  }));
}

function storedParts({ namespace, uid, resourceVersion }: ObjectParts) {
  return { namespace, uid, resourceVersion };
}

function definitionOf({ name, labels, annotations, spec }: ObjectParts): Definition {
  const versions = list(spec["versions"], "spec.versions").map((each, index): [string, DefinedVersion] => {
    const at = `spec.versions[${index}]`;
    const version = record(each, at);
    const subresources = optionalRecord(version["subresources"], `${at}.subresources`);
    const schema = optionalRecord(version["schema"], `${at}.schema`);
    return [
      text(version["name"], `${at}.name`),
      {
        served: version["served"] === true,
        hasStatus: subresources["status"] !== undefined,
        schema: optionalRecord(schema["openAPIV3Schema"], `${at}.schema.openAPIV3Schema`),
      },
    ];
  });
  return { name, labels, annotations, spec, versions: new Map(versions) };
}

/** Kubernetes: "Custom resources", conditions Established and NamesAccepted. */
function standingOf(status: Json): FoundDefinition["standing"] {
  const conditions = list(status["conditions"], "status.conditions").map((each) => record(each, "condition"));
  const is = (type: string, said: string) =>
    conditions.find((each) => each["type"] === type && each["status"] === said);
  const refused = is("NamesAccepted", "False");
  if (refused !== undefined) return { refused: String(refused["message"] ?? refused["reason"]) };
  return is("Established", "True") === undefined ? "pending" : "established";
}
