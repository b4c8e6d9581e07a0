// Starts the names loop over an API server: the one place where DNS' ports meet Kubernetes.

import type { KubeClient } from "../kube/client.ts";
import { configMapAccess } from "./config-maps.ts";
import type { NamesLoop, NamesLoopOptions } from "./names-loop.ts";
import { startNamesLoop } from "./names-loop.ts";
import { readSurroundings } from "./surroundings.ts";

/** Keeps mesh-dns in `namespace` and the cluster's own DNS as offered, until the signal says to go silent. */
export function startNames(
  client: KubeClient,
  namespace: string,
  listeners: Pick<NamesLoopOptions, "onReport" | "onError">,
  signal: AbortSignal,
): NamesLoop {
  const surroundings = () => readSurroundings(client, namespace);
  return startNamesLoop(
    { ...listeners, surroundings, ports: { configMaps: configMapAccess(client) } },
    signal,
  );
}
