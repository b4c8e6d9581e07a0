// One file's text as the objects in it that a cluster is observed by, or every fault of it at once with file and line.
// A file is taken whole or not at all; objects of other kinds are no business of ours.

import { LineCounter, isMap, isNode, isPair, isScalar, isSeq, parseAllDocuments } from "yaml";
import type { Document as YamlDocument } from "yaml";
import type { Json, Parse } from "../../kube/door.ts";
import { ObjectError } from "../../kube/door.ts";
import { apiVersion, resources } from "../../kube/resource.ts";
import type { Resource } from "../../kube/resource.ts";
import type { Stored } from "../../kube/store.ts";
import { parseEndpointSlice } from "../parse-endpoint-slice.ts";
import { parseNamespace } from "../parse-namespace.ts";
import { parseNode } from "../parse-node.ts";
import { parseServiceCidr } from "../parse-service-cidr.ts";
import { parseServiceExport } from "../parse-service-export.ts";
import { parseService } from "../parse-service.ts";
import { checkAsApiServer } from "./api-rules.ts";

/** One object as it stands in a file. */
export interface Manifest {
  readonly resource: Resource;
  readonly object: Json;
  readonly file: string;
  /** Line of the file at which the object begins, from 1. */
  readonly line: number;
}

/** A file taken, or refused with `file:line: reason` for every fault, in order of line. */
export type ParsedFile =
  | { readonly manifests: readonly Manifest[]; readonly faults?: undefined }
  | { readonly manifests?: undefined; readonly faults: readonly string[] };

const kinds: readonly { readonly resource: Resource; readonly parse: Parse<Stored> }[] = [
  { resource: resources.nodes, parse: parseNode },
  { resource: resources.namespaces, parse: parseNamespace },
  { resource: resources.services, parse: parseService },
  { resource: resources.endpointSlices, parse: parseEndpointSlice },
  { resource: resources.serviceExports, parse: parseServiceExport },
  { resource: resources.serviceCidrs, parse: parseServiceCidr },
];

/** Nodes that one alias may expand to; the guard against files that explode when they are read. */
const aliasesMax = 100;

interface Fault {
  readonly line: number;
  readonly reason: string;
}

type Path = readonly (string | number)[];

/** Where things of one document stand. */
interface Place {
  readonly file: string;
  readonly lineOf: (path: Path) => number;
}

/** Parses a file of manifests: one document, several, or lists of them. `file` is its name as people should read it. */
export function parseManifests(file: string, text: string): ParsedFile {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const faults: Fault[] = [];
  const manifests: Manifest[] = [];
  let documents = 0;
  for (const yaml of "empty" in parsed ? [] : parsed) {
    const lineOf = (path: Path): number => lines.linePos(offsetOf(yaml, path)).line;
    const bad = yaml.errors.map(({ pos, message }) => ({
      line: lines.linePos(pos[0]).line,
      reason: message,
    }));
    if (bad.length > 0) faults.push(...bad);
    else {
      const value = valueOf(yaml, lineOf, faults);
      if (value === null) continue;
      documents++;
      readObject(value, [], { file, lineOf }, manifests, faults);
    }
  }
  if (faults.length === 0 && documents === 0) {
    faults.push({ line: 1, reason: "there is no document in it; delete the file to take back what it said" });
  }
  if (faults.length === 0) return { manifests };
  const sorted = faults.toSorted((a, b) => a.line - b.line);
  return { faults: sorted.map(({ line, reason }) => `${file}:${line}: ${reason}`) };
}

function valueOf(yaml: YamlDocument, lineOf: (path: Path) => number, faults: Fault[]): unknown {
  try {
    return yaml.toJS({ maxAliasCount: aliasesMax }) as unknown;
  } catch (error) {
    faults.push({ line: lineOf([]), reason: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

/** An object, or each item of a list of them (`kind: List`, `ServiceList`, ...). */
function readObject(value: unknown, path: Path, place: Place, manifests: Manifest[], faults: Fault[]): void {
  const fault = (at: Path, reason: string) => faults.push({ line: place.lineOf([...path, ...at]), reason });
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fault([], "this is no object; write apiVersion, kind and metadata");
    return;
  }
  const object = value as Json;
  const { kind, items } = object;
  if (typeof kind !== "string") {
    fault(["kind"], "there is no kind; write apiVersion, kind and metadata");
    return;
  }
  if (kind.endsWith("List") && Array.isArray(items)) {
    for (const [index, item] of items.entries())
      readObject(itemOf(object, item), [...path, "items", index], place, manifests, faults);
    return;
  }
  const found = kinds.find((each) => each.resource.kind === kind && groupOf(object) === each.resource.group);
  if (found === undefined) return;
  const { resource } = found;
  if (object["apiVersion"] !== apiVersion(resource)) {
    const given = JSON.stringify(object["apiVersion"]);
    fault(["apiVersion"], `${kind} of ${given} is not read; write it as ${apiVersion(resource)}`);
    return;
  }
  const problem = problemOf(found, object);
  if (problem !== undefined) fault(problem.path, problem.reason);
  else manifests.push({ resource, object, file: place.file, line: place.lineOf(path) });
}

/** Items of a typed list (`ServiceList`) need not say what they are. */
function itemOf(list: Json, item: unknown): unknown {
  const kind = String(list["kind"]).slice(0, -"List".length);
  if (kind === "" || typeof item !== "object" || item === null || "kind" in item) return item;
  return { apiVersion: list["apiVersion"], kind, ...item };
}

function groupOf({ apiVersion: version }: Json): string | undefined {
  if (typeof version !== "string") return undefined;
  return version.includes("/") ? version.slice(0, version.indexOf("/")) : "";
}

/** What the observer could not read later, or an API server would not have, is refused now, while its line is known. */
function problemOf(
  { resource, parse }: (typeof kinds)[number],
  object: Json,
): { readonly path: Path; readonly reason: string } | undefined {
  const metadata = object["metadata"];
  const versioned =
    typeof metadata === "object" && metadata !== null
      ? { ...object, metadata: { ...metadata, resourceVersion: "1" } }
      : object;
  try {
    const { namespace, name } = parse(versioned);
    checkAsApiServer(resource, versioned);
    if (!resource.namespaced || namespace !== "") return undefined;
    const reason = `${resource.kind} ${JSON.stringify(name)} is in no namespace; write metadata.namespace`;
    return { path: ["metadata", "namespace"], reason };
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    return { path: pathOf(error.where), reason: error.message };
  }
}

/** `spec.ports[0].port` and `metadata.labels["a.b"]` taken apart. */
function pathOf(where: string): Path {
  return [...where.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, name]) =>
    index === undefined ? (quoted ?? name ?? "") : Number(index),
  );
}

/** Where a path stands in the text; the nearest parent that exists when it does not. */
function offsetOf(yaml: YamlDocument, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? yaml.contents : yaml.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
      if (isPair(pair) && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node: unknown =
      isSeq(parent) || isMap(parent) ? yaml.getIn(path.slice(0, length), true) : undefined;
    if (isNode(node) && node.range) return node.range[0];
  }
  return yaml.contents?.range?.[0] ?? yaml.range?.[0] ?? 0;
}
