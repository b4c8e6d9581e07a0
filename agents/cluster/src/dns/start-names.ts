// Starts the names loop over an API server: the one place where DNS' ports meet Kubernetes.

import type { KubeClient } from "../kube/client.ts";
import type { ConfigMapAccess, ConfigMapName } from "./config-maps.ts";
import { configMapAccess, watchCorefile } from "./config-maps.ts";
import type { NamesLoop, NamesLoopOptions } from "./names-loop.ts";
import { startNamesLoop } from "./names-loop.ts";
import type { CorefilePorts } from "./owned-corefile.ts";
import { readSurroundings } from "./surroundings.ts";

/** Keeps mesh-dns in `namespace` and the cluster's own DNS as offered, until the signal says to go silent. */
export function startNames(
  client: KubeClient,
  namespace: string,
  listeners: Pick<NamesLoopOptions, "onReport" | "onError"> & Pick<CorefilePorts, "onRepaired">,
  signal: AbortSignal,
): NamesLoop {
  const { onReport, onError, onRepaired } = listeners;
  const surroundings = () => readSurroundings(client, namespace);
  const access = configMapAccess(client);
  // A pass that is under way when the signal comes writes nothing more.
  const configMaps: ConfigMapAccess = {
    readConfigMap: (name) => access.readConfigMap(name),
    writeConfigMap: async (write) => {
      signal.throwIfAborted();
      return access.writeConfigMap(write);
    },
  };
  const ports = { configMaps, ...(onRepaired === undefined ? {} : { onRepaired }) };
  const followed: readonly ConfigMapName[] = [
    { namespace, name: "mesh-dns-peers" },
    { namespace, name: "mesh-dns-front" },
    { namespace: "kube-system", name: "coredns" },
  ];
  const watch: NamesLoopOptions["watch"] = (onText) => {
    for (const name of followed) {
      // Where it may not be watched, the pass that comes in any case finds what was changed.
      const observer = {
        onText: (text: string | undefined) => onText(name, text),
        onUnknown: () => undefined,
      };
      watchCorefile(client, name, observer, signal);
    }
  };
  return startNamesLoop({ onReport, onError, surroundings, ports, watch }, signal);
}
