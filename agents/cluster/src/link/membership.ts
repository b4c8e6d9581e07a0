// This cluster's membership: who it is, where the hub is, and with what certificate. Joins when there is none,
// renews it before its end, and keeps it in the cluster so that any replica can go on.

import { writeSecret, readSecret } from "./secrets.ts";
import type { KubeClient } from "../kube/client.ts";
import type { HubCredentials } from "./keys.ts";
import { clusterOfCertificate, expiryUnixMs, renewalUnixMs } from "./keys.ts";
import { join, renew } from "./join.ts";

/** Everything needed to open a session. */
export interface Membership {
  readonly cluster: string;
  /** `host:port` of the hub's sessions. */
  readonly hub: string;
  readonly credentials: HubCredentials;
}

/** Names of the Secrets in the agent's namespace. */
export const joinSecretName = "sealane-join";
const agentSecretName = "sealane-agent";

/**
 * The stored membership, or a new one bought with the join token. Throws an error that names the cure when there
 * is neither a certificate that holds nor a usable token.
 */
export async function ensureMembership(
  client: KubeClient,
  namespace: string,
  nowUnixMs: number,
): Promise<Membership> {
  const [stored, offered] = await Promise.all([
    readSecret(client, namespace, agentSecretName),
    readSecret(client, namespace, joinSecretName),
  ]);
  const membership = stored && fromSecret(stored);
  const offer = offered?.["token"]?.trim();
  const hub = offered?.["hub"]?.trim() ?? membership?.hub;
  const usable = membership !== undefined && expiryUnixMs(membership.credentials.certificate) > nowUnixMs;
  // A token that was not used yet wins over what is stored: that is how a cluster moves to another hub or name.
  if (usable && (offer === undefined || offer === stored?.["token-used"])) {
    return { ...membership, hub: hub ?? membership.hub };
  }
  if (offer === undefined || hub === undefined) {
    throw new Error(
      `This cluster has no certificate that holds and no Secret ${namespace}/${joinSecretName} with keys "token" and "hub". ` +
        `Create a token on the hub (sealane token create NAME), then: kubectl -n ${namespace} create secret generic ${joinSecretName} ` +
        `--from-literal=hub=HOST:7443 --from-literal=token=TOKEN`,
    );
  }
  const { cluster, credentials } = await join(hub, offer);
  const joined = { cluster, hub, credentials };
  await store(client, namespace, joined, offer);
  return joined;
}

/** Renews when two thirds of the certificate's life are over; gives back the same membership when it is too early. */
export async function renewMembership(
  client: KubeClient,
  namespace: string,
  membership: Membership,
  nowUnixMs: number,
): Promise<Membership> {
  if (nowUnixMs < renewalUnixMs(membership.credentials.certificate)) return membership;
  const credentials = await renew(membership.hub, membership.cluster, membership.credentials);
  const renewed = { ...membership, credentials };
  const stored = await readSecret(client, namespace, agentSecretName);
  await store(client, namespace, renewed, stored?.["token-used"] ?? "");
  return renewed;
}

function fromSecret(values: Record<string, string>): Membership | undefined {
  const { "tls.crt": certificate, "tls.key": key, "ca.crt": authorities, hub } = values;
  if (certificate === undefined || key === undefined || authorities === undefined || hub === undefined)
    return undefined;
  const cluster = clusterOfCertificate(certificate);
  return cluster === undefined ? undefined : { cluster, hub, credentials: { certificate, key, authorities } };
}

function store(
  client: KubeClient,
  namespace: string,
  membership: Membership,
  tokenUsed: string,
): Promise<void> {
  const { certificate, key, authorities } = membership.credentials;
  return writeSecret(client, namespace, agentSecretName, {
    "tls.crt": certificate,
    "tls.key": key,
    "ca.crt": authorities,
    hub: membership.hub,
    "token-used": tokenUsed,
  });
}
