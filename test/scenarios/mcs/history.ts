// Everything that happened to the ServiceImports of a namespace since a moment: what must never be, not even for an
// instant, is looked for here. Records only.

import { collectionPath, resources } from "../../../agents/cluster/src/kube/resource.ts";
import { watchLines } from "../../watch-lines.ts";
import type { Site } from "./pair.ts";
import type { ServiceImport } from "./seen.ts";

/** A running record. */
export interface History {
  /** Every state of every import, in the order of the writes. */
  readonly states: readonly ServiceImport[];
  /** @throws when the record is not whole */
  close(): Promise<void>;
}

/** Records from now on; resolves when the watch is open. */
export async function recordImports({ api }: Site, namespace: string): Promise<History> {
  const path = collectionPath(resources.serviceImports, namespace);
  const states: ServiceImport[] = [];
  const watch = await watchLines({ client: api, path }, (line) => {
    states.push((JSON.parse(line) as { readonly object: ServiceImport }).object);
  });
  return { states, close: () => watch.close() };
}
