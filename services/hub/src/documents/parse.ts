// One file's text as documents, or every fault of it at once with file and line. A file is taken whole or not at all.

import { LineCounter, isMap, isNode, isPair, isScalar, parseAllDocuments } from "yaml";
import type { Document as YamlDocument } from "yaml";
import type { z } from "zod";
import { apiVersion, clusterSchema, clusterSetSchema } from "./schema.ts";
import type { Document } from "./schema.ts";

/** A document with the line of its file at which it begins. */
export interface PlacedDocument {
  readonly file: string;
  readonly line: number;
  readonly document: Document;
}

/** A file taken, or refused with `file:line: reason` for every fault, in order of line. */
export type ParsedFile =
  | { readonly documents: readonly PlacedDocument[]; readonly faults?: undefined }
  | { readonly documents?: undefined; readonly faults: readonly string[] };

interface Fault {
  readonly line: number;
  readonly reason: string;
}

/** Parses a file of YAML documents. `file` is its name as people should read it. */
export function parseFile(file: string, text: string): ParsedFile {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const faults: Fault[] = [];
  const documents: PlacedDocument[] = [];
  for (const yaml of "empty" in parsed ? [] : parsed) {
    const bad = yaml.errors.map(({ pos, message }) => ({
      line: lines.linePos(pos[0]).line,
      reason: message,
    }));
    if (bad.length > 0) faults.push(...bad);
    else if (yaml.toJS() !== null) readDocument(file, yaml, lines, documents, faults);
  }
  if (faults.length === 0 && documents.length === 0) {
    faults.push({
      line: 1,
      reason: "there is no document in it; delete the file to withdraw what it declared",
    });
  }
  if (faults.length === 0) return { documents };
  return {
    faults: faults
      .toSorted((a, b) => a.line - b.line)
      .map(({ line, reason }) => `${file}:${line}: ${reason}`),
  };
}

function readDocument(
  file: string,
  yaml: YamlDocument,
  lines: LineCounter,
  documents: PlacedDocument[],
  faults: Fault[],
): void {
  const lineOf = (path: readonly PropertyKey[]): number => lines.linePos(offsetOf(yaml, path)).line;
  const kind: unknown = isMap(yaml.contents) ? yaml.get("kind") : undefined;
  const schema = kind === "ClusterSet" ? clusterSetSchema : kind === "Cluster" ? clusterSchema : undefined;
  if (schema === undefined) {
    const shown = kind === undefined ? "no kind" : `kind ${JSON.stringify(kind)}`;
    faults.push({
      line: lineOf(["kind"]),
      reason: `${shown}: must be ClusterSet or Cluster of ${apiVersion}`,
    });
    return;
  }
  const result = schema.safeParse(yaml.toJS({ maxAliasCount: 100 }));
  if (result.success) {
    documents.push({ file, line: lineOf([]), document: result.data });
    return;
  }
  for (const issue of result.error.issues) faults.push(...faultsOf(issue, lineOf));
}

/** An unknown field is a fault at its own line, everything else at the line of the value. */
function faultsOf(issue: z.core.$ZodIssue, lineOf: (path: readonly PropertyKey[]) => number): Fault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return { line: lineOf(path), reason: `${pathText(path)}: there is no such field` };
    });
  }
  return [{ line: lineOf(issue.path), reason: `${pathText(issue.path)}: ${issue.message}` }];
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}

/** Where a path stands in the text; the nearest parent that exists when it does not. */
function offsetOf(yaml: YamlDocument, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? yaml.contents : yaml.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
      if (isPair(pair) && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node: unknown = yaml.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return yaml.contents?.range?.[0] ?? yaml.range?.[0] ?? 0;
}
