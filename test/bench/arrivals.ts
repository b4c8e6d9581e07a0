// An independent watcher of what appears in a namespace: when each object of a kind was first seen, and when it was
// changed. Reads no more of it than the kind of event, so that it costs all programs that it watches the same and little.

import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { watchLines } from "../watch-lines.ts";
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
  const added: Record<ArrivingKind, number[]> = { services: [], slices: [], imports: [] };
  const modified: Record<ArrivingKind, number[]> = { services: [], slices: [], imports: [] };
  const watches = await Promise.all(
    kinds.map((kind) =>
      watchLines({ client, path: collections[kind](namespace) }, (line, atMs) => {
        if (line.startsWith('{"type":"ADDED"')) added[kind].push(atMs);
        else if (line.startsWith('{"type":"MODIFIED"')) modified[kind].push(atMs);
      }),
    ),
  );
  const close = async () => {
    await Promise.all(watches.map((watch) => watch.close()));
  };
  return { added, modified, close };
}
