// Takes the mesh out of the cluster's DNS: first our block out of its own Corefile, then mesh-dns's configuration.
// What is not ours to change stays and is named.

import type { Finding } from "@sealane/core";
import { configMapAccess, corefileKey } from "../dns/config-maps.ts";
import type { ConfigMapName } from "../dns/config-maps.ts";
import { judgePeers } from "../dns/judge.ts";
import { removeStub } from "../dns/owned-corefile.ts";
import type { KubeClient } from "../kube/client.ts";
import { hasStatus } from "../kube/error.ts";
import { isOwned } from "../kube/ownership.ts";
import { objectPath, resources } from "../kube/resource.ts";

const clusterDns: ConfigMapName = { namespace: "kube-system", name: "coredns" };

/** Takes our block out of the cluster's own Corefile. The finding says why it is still there. @throws KubeError */
export async function removeOwnStub(client: KubeClient, namespace: string): Promise<Finding | undefined> {
  const access = configMapAccess(client);
  const peers = await access.readConfigMap({ namespace, name: "mesh-dns-peers" });
  const judged = judgePeers(peers?.data[corefileKey] ?? "");
  // Without a configuration of mesh-dns there never was a zone to forward.
  if (!("meshZone" in judged)) return undefined;
  const kept = await removeStub(access, clusterDns, judged.meshZone);
  return kept && { ...kept, reason: "LeftBehind" };
}

/** Deletes a ConfigMap of ours in the agent's namespace; another's stays. @throws KubeError */
export async function removeConfigMap(client: KubeClient, namespace: string, name: string): Promise<void> {
  const found = await configMapAccess(client).readConfigMap({ namespace, name });
  if (found === undefined || !isOwned(found)) return;
  await removeByName(client, objectPath(resources.configMaps, namespace, name));
}

/** Deletes what is at a path; gone already is well. @throws KubeError */
export async function removeByName(client: KubeClient, path: string): Promise<void> {
  try {
    await client.request("DELETE", path);
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
}
