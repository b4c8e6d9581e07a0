// A cluster's checks once, for a person at a terminal: before it joins, or with the hub away.

import type { CheckResult } from "@sealane/core";
import { notMade, renderChecks } from "@sealane/core";
import { access } from "../kube/auth.ts";
import { createKubeClient } from "../kube/client.ts";
import { messageOf } from "../kube/error.ts";
import type { AgentOptions } from "../options.ts";
import { judgeCluster } from "./cluster.ts";
import { observeCluster } from "./observe.ts";
import { reachHub } from "./reach-hub.ts";

/** Whose cluster. */
export type PreflightOptions = Pick<AgentOptions, "kubeconfig" | "context" | "namespace">;

/** Prints every check; gives the exit status: 0 all well, 1 something is wrong, 3 something is not known. */
export async function preflight(
  options: PreflightOptions,
  write: (text: string) => void,
): Promise<0 | 1 | 3> {
  const results = await look(options).catch((error: unknown) => [notMade("API server", messageOf(error))]);
  write(renderChecks(results));
  if (results.some(({ outcome }) => outcome === "wrong")) return 1;
  return results.some(({ outcome }) => outcome === "unknown") ? 3 : 0;
}

async function look({ kubeconfig, context, namespace }: PreflightOptions): Promise<readonly CheckResult[]> {
  const client = createKubeClient(
    await access({
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    }),
  );
  try {
    const hub = await reachHub(client, namespace);
    const around = { names: undefined, hub, clockOffsetSeconds: undefined };
    return judgeCluster(await observeCluster(client, namespace, around), Date.now());
  } finally {
    await client.close();
  }
}
