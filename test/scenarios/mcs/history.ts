// Everything that happened to the ServiceImports of a namespace since a moment: what must never be, not even for an
// instant, is looked for here. Records only.

import type { KubeClient } from "../../../agents/cluster/src/kube/client.ts";
import { collectionPath, resources } from "../../../agents/cluster/src/kube/resource.ts";
import type { Site } from "./pair.ts";
import type { ServiceImport } from "./seen.ts";

/** A running record. */
export interface History {
  /** Every state of every import, in the order of the writes. */
  readonly states: readonly ServiceImport[];
  close(): void;
}

/** Records from now on; resolves when the watch is open. */
export async function recordImports({ api }: Site, namespace: string): Promise<History> {
  const path = collectionPath(resources.serviceImports, namespace);
  const { metadata } = (await api.request("GET", path)) as { metadata: { resourceVersion: string } };
  const states: ServiceImport[] = [];
  const close = await follow(api, path, metadata.resourceVersion, (line) => {
    states.push((JSON.parse(line) as { readonly object: ServiceImport }).object);
  });
  return { states, close };
}

async function follow(
  api: KubeClient,
  path: string,
  resourceVersion: string,
  onLine: (line: string) => void,
): Promise<() => void> {
  const stop = new AbortController();
  let rest = "";
  const onChunk = (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
  await new Promise<void>((resolve, reject) => {
    const query = { watch: "true", resourceVersion };
    api.stream(path, query, { onOpen: resolve, onChunk }, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
  return () => stop.abort();
}
