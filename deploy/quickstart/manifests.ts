// What the input manifests say, as far as the quickstart itself needs it: which services are exported, which namespaces
// and nodes there are, and every endpoint with the place of its readiness in its file. Files that cannot be parsed are
// left out: the agent says what is wrong with them.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { YAMLMap } from "yaml";
import { isMap, isScalar, isSeq, parseAllDocuments } from "yaml";

/** One pod behind one Service, in one EndpointSlice. */
export interface Endpoint {
  readonly file: string;
  /** `namespace/name` of the Service. */
  readonly service: string;
  readonly pod: string;
  readonly node: string;
  readonly ready: boolean;
  /** Where the word of its readiness stands in the file, first and past the last character; undefined when it is left out. */
  readonly word: readonly [from: number, to: number] | undefined;
}

/** What one cluster's manifests say. */
export interface Inputs {
  /** `namespace/name` of each exported Service, sorted. */
  readonly exports: readonly string[];
  readonly namespaces: readonly string[];
  /** Addresses (InternalIP) by node. */
  readonly nodes: ReadonlyMap<string, readonly string[]>;
  readonly endpoints: readonly Endpoint[];
}

/** Reads a cluster's manifests: every `.yaml` and `.yml` below the folder. */
export type InputsReader = (folder: string) => Promise<Inputs>;

/** A reader that parses a file again only when its text has changed. */
export function inputsReader(): InputsReader {
  const known = new Map<string, { readonly text: string; readonly inputs: Inputs }>();
  const readFileInputs = async (file: string) => {
    const text = await readFile(file, "utf8").catch(() => "");
    const before = known.get(file);
    const inputs = before?.text === text ? before.inputs : inputsOf(file, text);
    known.set(file, { text, inputs });
    return inputs;
  };
  return async (folder) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries
      .filter((entry) => entry.isFile() && /^[^.].*\.ya?ml$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
    return joined(await Promise.all(files.toSorted().map(readFileInputs)));
  };
}

/** What one file says. */
export function inputsOf(file: string, text: string): Inputs {
  const objects = objectsOf(text);
  const ofKind = (kind: string) => objects.filter((object) => textAt(object, "kind") === kind);
  return {
    exports: ofKind("ServiceExport").map(nameOf),
    namespaces: ofKind("Namespace").map((object) => textAt(object, "metadata", "name")),
    nodes: new Map(
      ofKind("Node").map((object) => [textAt(object, "metadata", "name"), nodeAddresses(object)]),
    ),
    endpoints: ofKind("EndpointSlice").flatMap((object) => endpointsOf(file, object)),
  };
}

function joined(all: readonly Inputs[]): Inputs {
  return {
    exports: all.flatMap(({ exports }) => exports).toSorted(),
    namespaces: all.flatMap(({ namespaces }) => namespaces).toSorted(),
    nodes: new Map(all.flatMap(({ nodes }) => [...nodes])),
    endpoints: all.flatMap(({ endpoints }) => endpoints),
  };
}

/** Every object of a file: of each document, or of the List that it is. */
function objectsOf(text: string): readonly YAMLMap[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (!("contents" in document) || document.errors.length > 0 || !isMap(document.contents)) return [];
    const root = document.contents;
    return textAt(root, "kind") === "List" ? mapsAt(root, "items") : [root];
  });
}

function endpointsOf(file: string, slice: YAMLMap): readonly Endpoint[] {
  const namespace = textAt(slice, "metadata", "namespace");
  const service = `${namespace}/${textAt(slice, "metadata", "labels", "kubernetes.io/service-name")}`;
  return mapsAt(slice, "endpoints").map((endpoint) => {
    const ready = endpoint.getIn(["conditions", "ready"], true);
    const range = isScalar(ready) ? ready.range : undefined;
    return {
      file,
      service,
      pod: textAt(endpoint, "targetRef", "name"),
      node: textAt(endpoint, "nodeName"),
      ready: !isScalar(ready) || ready.value === true,
      word: range === undefined || range === null ? undefined : [range[0], range[1]],
    };
  });
}

function nameOf(object: YAMLMap): string {
  return `${textAt(object, "metadata", "namespace")}/${textAt(object, "metadata", "name")}`;
}

function nodeAddresses(node: YAMLMap): readonly string[] {
  const status = node.get("status");
  if (!isMap(status)) return [];
  return mapsAt(status, "addresses")
    .filter((each) => each.get("type") === "InternalIP")
    .map((each) => textAt(each, "address"));
}

function mapsAt(parent: YAMLMap, key: string): readonly YAMLMap[] {
  const value = parent.get(key);
  return isSeq(value) ? value.items.filter((item) => isMap(item)) : [];
}

function textAt(parent: YAMLMap, ...path: readonly string[]): string {
  const value = parent.getIn(path);
  return typeof value === "string" ? value : "";
}
