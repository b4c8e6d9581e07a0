// A watch of one collection, line by line, for tests and measurements that look on from outside. One that ended before
// its user did has not seen everything, and says so.

import { performance } from "node:perf_hooks";
import type { KubeClient } from "../agents/cluster/src/kube/client.ts";
import { createLineSplitter } from "../agents/cluster/src/kube/lines.ts";

/** What to watch. */
export interface WatchedCollection {
  readonly client: KubeClient;
  /** Of the collection. */
  readonly path: string;
  /** What comes after this version of a list; absent: what comes from now on. */
  readonly resourceVersion?: string;
}

/** A running watch. */
export interface LineWatch {
  /** Ends it. @throws when it ended by itself before: what was seen is not all that happened */
  close(): Promise<void>;
}

const lineBytesMax = 16 * 2 ** 20;
/** Longer than any test; otherwise the API server ends a watch when it likes. */
const timeoutSeconds = "7200";

/** Watches; resolves when the watch is open. `onLine` gets each event's JSON, and performance.now() of its arrival. */
export async function watchLines(
  { client, path, resourceVersion }: WatchedCollection,
  onLine: (line: string, atMs: number) => void,
): Promise<LineWatch> {
  const from = resourceVersion ?? (await versionOf(client, path));
  const stop = new AbortController();
  const splitter = createLineSplitter(lineBytesMax);
  const opened = Promise.withResolvers<void>();
  const onChunk = (chunk: Buffer): void => {
    const atMs = performance.now();
    splitter.push(chunk, (line) => onLine(line, atMs));
  };
  const query = { watch: "true", resourceVersion: from, timeoutSeconds };
  const ended = client.stream(path, query, { onOpen: opened.resolve, onChunk }, stop.signal).then(
    () => (stop.signal.aborted ? undefined : new Error(`The watch of ${path} ended by itself`)),
    (cause: unknown) =>
      stop.signal.aborted ? undefined : new Error(`The watch of ${path} broke`, { cause }),
  );
  void ended.then((error) => error !== undefined && opened.reject(error));
  await opened.promise;
  return {
    close: async () => {
      stop.abort();
      const error = await ended;
      if (error !== undefined) throw error;
    },
  };
}

async function versionOf(client: KubeClient, path: string): Promise<string> {
  const list = (await client.request("GET", path, { query: { limit: "1" } })) as {
    readonly metadata: { readonly resourceVersion: string };
  };
  return list.metadata.resourceVersion;
}
