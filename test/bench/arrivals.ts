// An independent watcher of what appears in a namespace: when each object of a kind was first seen, and when it was
// changed. Reads no more of it than the kind of event, so that it costs all programs that it watches the same and little.

import { performance } from "node:perf_hooks";
import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { collections } from "./exports.ts";

/** A watched kind. */
export type ArrivingKind = "services" | "slices" | "imports";

/** When something was seen, milliseconds of performance.now(), in order. */
export interface Arrivals {
  readonly added: Readonly<Record<ArrivingKind, readonly number[]>>;
  readonly modified: Readonly<Record<ArrivingKind, readonly number[]>>;
  readonly close: () => Promise<void>;
}

const kinds: readonly ArrivingKind[] = ["services", "slices", "imports"];

/** Watches from now on; resolves when all watches are open. */
export async function watchArrivals(client: KubeClient, namespace: string): Promise<Arrivals> {
  const added = { services: [], slices: [], imports: [] } satisfies Record<ArrivingKind, number[]>;
  const modified = { services: [], slices: [], imports: [] } satisfies Record<ArrivingKind, number[]>;
  const stop = new AbortController();
  const watches = await Promise.all(
    kinds.map((kind) =>
      watch(client, collections[kind](namespace), stop.signal, {
        added: added[kind],
        modified: modified[kind],
      }),
    ),
  );
  const close = async () => {
    stop.abort();
    await Promise.all(watches.map(({ closed }) => closed));
  };
  return { added, modified, close };
}

async function watch(
  client: KubeClient,
  path: string,
  signal: AbortSignal,
  seen: { readonly added: number[]; readonly modified: number[] },
): Promise<{ readonly closed: Promise<void> }> {
  const { metadata } = (await client.request("GET", path, { query: { limit: "1" } })) as {
    metadata: { resourceVersion: string };
  };
  let rest = "";
  const onChunk = (chunk: Buffer) => {
    const at = performance.now();
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith('{"type":"ADDED"')) seen.added.push(at);
      else if (line.startsWith('{"type":"MODIFIED"')) seen.modified.push(at);
    }
  };
  const { promise: open, resolve: onOpen, reject } = Promise.withResolvers<void>();
  const query = { watch: "true", resourceVersion: metadata.resourceVersion };
  const closed = client.stream(path, query, { onOpen, onChunk }, signal).catch((error: unknown) => {
    if (!signal.aborted) reject(error instanceof Error ? error : new Error(String(error)));
  });
  await open;
  return { closed };
}
