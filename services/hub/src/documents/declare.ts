// All documents together as what the core decides from. Refuses the later of two documents that contradict each other.

import type { ClusterDocument, Declared } from "@sealane/core";
import type { PlacedDocument } from "./parse.ts";
import type { ClusterSetDocument } from "./schema.ts";

/**
 * The mesh zone when no ClusterSet names one. `internal` is reserved for private use by ICANN board
 * resolution 2024.07.29.06, so it will never be delegated.
 */
export const defaultMeshZone = "mesh.internal";

/** Documents as one value, with `file:line: reason` for those that were left out. */
export interface Declaration {
  readonly declared: Declared;
  readonly refused: readonly string[];
}

/** Composes documents in the order given: the first of a name wins. */
export function declare(documents: readonly PlacedDocument[]): Declaration {
  const refused: string[] = [];
  const clusters = new Map<string, ClusterDocument>();
  const places = new Map<string, string>();
  let set: ClusterSetDocument | undefined;
  for (const { file, line, document } of documents) {
    const place = `${file}:${line}`;
    const what =
      document.kind === "ClusterSet" ? "ClusterSet" : `Cluster ${JSON.stringify(document.metadata.name)}`;
    const earlier = places.get(what);
    if (earlier !== undefined) {
      refused.push(`${place}: ${what} is declared at ${earlier} already; keep one of the two`);
      continue;
    }
    places.set(what, place);
    if (document.kind === "ClusterSet") {
      set = document;
      continue;
    }
    const { name } = document.metadata;
    const { claims, exportNamespaces, asn } = document.spec;
    clusters.set(name, { name, claims, exportNamespaces, asn: asn ?? 0 });
  }
  const declared: Declared = {
    meshZone: set?.spec.meshZone ?? defaultMeshZone,
    pools: set?.spec.pools ?? [],
    reserved: set?.spec.reserved ?? [],
    clusters,
  };
  return { declared, refused };
}
