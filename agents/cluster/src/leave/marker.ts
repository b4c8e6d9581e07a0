// What the agent's Secret says about leaving: that it is under way, so that a restart goes on with it, and that it is
// over, so that only a new token brings the cluster back.

import type { KubeClient } from "../kube/client.ts";
import { lastGoodPiecesMax } from "@sealane/core";
import { objectPath, resources } from "../kube/resource.ts";
import { lastGoodSecretName, pieceSecretName } from "../link/last-good-read.ts";
import { agentSecretName } from "../link/membership.ts";
import { readSecret, writeSecret } from "../link/secrets.ts";
import { removeByName } from "./remove-dns.ts";

/** Key of the Secret while the cluster takes away what it has. */
const leavingKey = "leaving";

/** Whether this cluster was told to take away what it has, and has not been heard to have left. */
export async function isMarkedLeaving(client: KubeClient, namespace: string): Promise<boolean> {
  return (await readSecret(client, namespace, agentSecretName))?.[leavingKey] !== undefined;
}

/** Remembers that the cluster was told to take away what it has. @throws KubeError */
export async function markLeaving(client: KubeClient, namespace: string): Promise<void> {
  const held = await readSecret(client, namespace, agentSecretName);
  if (held === undefined || held[leavingKey] !== undefined) return;
  await writeSecret(client, namespace, agentSecretName, { ...held, [leavingKey]: "by the hub's word" });
}

/**
 * The certificate goes, and what was kept for the next leader; what stays says who left, and which token was used.
 * Call it when nothing runs any more that would write them anew. @throws KubeError
 */
export async function markLeft(client: KubeClient, namespace: string, cluster: string): Promise<void> {
  const pieces = Array.from({ length: lastGoodPiecesMax }, (_, index) => pieceSecretName(index));
  for (const name of [lastGoodSecretName, ...pieces])
    await removeByName(client, objectPath(resources.secrets, namespace, name));
  const held = await readSecret(client, namespace, agentSecretName);
  const used = held?.["token-used"];
  await writeSecret(client, namespace, agentSecretName, {
    left: cluster,
    ...(used === undefined ? {} : { "token-used": used }),
  });
}
