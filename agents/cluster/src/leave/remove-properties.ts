// The properties by which the cluster says who it is in the mesh: found, and taken away in the order in which KEP-2149
// has them go. What somebody else made stays, and is named where it would say what is no longer so.

import type { Finding } from "@sealane/core";
import type { KubeClient } from "../kube/client.ts";
import { hasStatus } from "../kube/error.ts";
import { clusterProperty, setProperty } from "../properties/property.ts";
import type { ClusterProperty } from "../properties/property.ts";
import { listProperties, writeProperty } from "../properties/write.ts";

/** What is to be done about them. */
export interface FoundProperties {
  /** In this order. */
  readonly removals: readonly (() => Promise<unknown>)[];
  readonly kept: readonly Finding[];
}

/** First the set goes, which is not said without the cluster. None where the kind is not served. @throws KubeError */
export async function findProperties(client: KubeClient, signal: AbortSignal): Promise<FoundProperties> {
  const found = await listServed(client, signal);
  if (found === undefined) return { removals: [], kept: [unseen] };
  const owned = [setProperty, clusterProperty].flatMap((name) =>
    found.filter((each) => each.owned && each.name === name),
  );
  return {
    removals: owned.map((held) => () => writeProperty(client, { do: "delete", held }, signal)),
    kept: found.filter(({ name, owned: isOurs }) => name === setProperty && !isOurs).map(anothers),
  };
}

/** Undefined where the agent may not look: then it never wrote any either. */
async function listServed(
  client: KubeClient,
  signal: AbortSignal,
): Promise<readonly ClusterProperty[] | undefined> {
  try {
    return await listProperties(client, signal);
  } catch (error) {
    if (hasStatus(error, 404)) return [];
    if (hasStatus(error, 403)) return undefined;
    throw error;
  }
}

const unseen: Finding = {
  subject: "ClusterProperties",
  reason: "LeftBehind",
  message: `the agent may not list them; look yourself: kubectl get clusterproperties ${setProperty} ${clusterProperty}`,
};

function anothers({ value }: ClusterProperty): Finding {
  return {
    subject: `ClusterProperty ${setProperty}`,
    reason: "LeftBehind",
    message:
      `somebody else made it and it says "${value}"; where the cluster is in no such set any more: ` +
      `kubectl delete clusterproperty ${setProperty}`,
  };
}
