// This cluster's membership: who it is, where the hub is, and with what certificate. Joins when there is none that
// holds, and keeps it in the cluster so that any replica can go on. It asks nobody when; that is renewal.ts.

import { readSecret, writeSecret } from "./secrets.ts";
import type { KubeClient } from "../kube/client.ts";
import { untilDone } from "../retry.ts";
import type { HubCredentials } from "./keys.ts";
import { clusterOfCertificate, expiryUnixMs } from "./keys.ts";
import { TokenRefused, join, renew } from "./join.ts";

/** Everything needed to open a session. */
export interface Membership {
  readonly cluster: string;
  /** `host:port` of the hub's sessions. */
  readonly hub: string;
  readonly credentials: HubCredentials;
}

/** Name of the Secret in which a person puts the hub's address and a token. */
export const joinSecretName = "sealane-join";
/** Name of the Secret in which the agent keeps its certificate. */
export const agentSecretName = "sealane-agent";

/** What the hub has refused, so that it is not asked the same again. */
export interface Refusals {
  /** PEM of a certificate that it does not take, and what it said. */
  readonly certificate: { readonly pem: string; readonly why: string } | undefined;
  /** A token that it does not take, and what it said. */
  readonly token: { readonly text: string; readonly error: Error } | undefined;
}

/** Nothing was refused. */
export const noRefusals: Refusals = { certificate: undefined, token: undefined };

/** The refusals with what the error says of a token, if it is about one. */
export function withTokenRefusal(refusals: Refusals, error: unknown): Refusals {
  return error instanceof TokenRefused ? { ...refusals, token: { text: error.token, error } } : refusals;
}

/** What is known when a membership is looked for. */
export interface MembershipQuery {
  readonly namespace: string;
  readonly nowUnixMs: number;
  readonly refusals: Refusals;
  /** Hears of what did not prevent an answer: an unusable token beside a certificate that holds, a Secret that was not written. */
  readonly onProblem: (error: unknown) => void;
  /** Ends the storing of what a token bought, which is otherwise repeated until it is stored. */
  readonly signal: AbortSignal;
}

/** The cluster left by a person's word: that is no failure, and only a new token brings it back. */
export class LeftMesh extends Error {
  override readonly name = "LeftMesh";

  constructor(cluster: string, namespace: string) {
    super(
      `This cluster left the mesh as "${cluster}" and takes no part. To join again: sealane token create ${cluster}, ` +
        `then put the new token into the Secret ${namespace}/${joinSecretName} (the agent takes it by itself)`,
    );
  }
}

/**
 * The stored membership, or a new one bought with the join token. A token that was not used yet wins over what is
 * stored: that is how a cluster joins again, or moves to another hub or name.
 * @throws TokenRefused, KubeError; or Error that names the cure when there is neither a certificate that the hub may
 * take nor a token that it may.
 */
export async function ensureMembership(client: KubeClient, query: MembershipQuery): Promise<Membership> {
  const { namespace, refusals } = query;
  const [stored, offered] = await Promise.all([
    readSecret(client, namespace, agentSecretName),
    readSecret(client, namespace, joinSecretName),
  ]);
  const held = stored && fromSecret(stored);
  const token = offered?.["token"]?.trim() ?? "";
  const hub = offered?.["hub"]?.trim() ?? held?.hub;
  const fault = faultOf(held, query);
  const usable = held !== undefined && fault === undefined ? { ...held, hub: hub ?? held.hub } : undefined;
  const isUsed = token === "" || token === stored?.["token-used"];
  if (stored?.["left"] !== undefined && isUsed) throw new LeftMesh(stored["left"], namespace);
  if (usable !== undefined && (isUsed || token === refusals.token?.text)) return usable;
  if (token !== "" && token === refusals.token?.text) throw refusals.token.error;
  if (isUsed || hub === undefined)
    throw new Error(howToJoin({ namespace, held, fault, hub, isUsed: token !== "" }));
  try {
    return await joinWith(client, query, hub, token);
  } catch (error) {
    if (usable === undefined) throw error;
    query.onProblem(error);
    return usable;
  }
}

/**
 * The same membership with a new certificate, stored. Whatever else the Secret says stays.
 * @throws grpc.ServiceError of the hub, KubeError
 */
export async function renewMembership(
  client: KubeClient,
  namespace: string,
  membership: Membership,
): Promise<Membership> {
  const credentials = await renew(membership.hub, membership.cluster, membership.credentials);
  const renewed = { ...membership, credentials };
  const stored = await readSecret(client, namespace, agentSecretName);
  await writeSecret(client, namespace, agentSecretName, { ...stored, ...toSecret(renewed) });
  return renewed;
}

async function joinWith(
  client: KubeClient,
  { namespace, signal, onProblem }: MembershipQuery,
  hub: string,
  token: string,
): Promise<Membership> {
  const membership = { hub, ...(await join(hub, token)) };
  // The token is used up: what it bought must not be lost because the API server was away for a moment.
  const values = { ...toSecret(membership), "token-used": token };
  await untilDone(() => writeSecret(client, namespace, agentSecretName, values), signal, onProblem);
  return membership;
}

/** Why the stored certificate is of no use; undefined when nothing speaks against it. */
function faultOf(held: Membership | undefined, { nowUnixMs, refusals }: MembershipQuery): string | undefined {
  if (held === undefined) return "there is none";
  const { certificate } = held.credentials;
  const expiry = expiryUnixMs(certificate);
  if (expiry <= nowUnixMs) return `it expired at ${new Date(expiry).toISOString()}`;
  return refusals.certificate?.pem === certificate ? refusals.certificate.why : undefined;
}

interface Lack {
  readonly namespace: string;
  readonly held: Membership | undefined;
  readonly fault: string | undefined;
  readonly hub: string | undefined;
  /** There is a token, and it was used. */
  readonly isUsed: boolean;
}

function howToJoin({ namespace, held, fault, hub, isUsed }: Lack): string {
  const cluster = held?.cluster ?? "NAME";
  const token = isUsed
    ? `the token in Secret ${namespace}/${joinSecretName} was used already`
    : `there is no Secret ${namespace}/${joinSecretName} with keys "hub" and "token"`;
  return (
    `This cluster has no certificate that the hub takes (${fault ?? "its hub is unknown"}), and ${token}. ` +
    `Create a token on the hub: sealane token create ${cluster}, then: kubectl -n ${namespace} create secret generic ` +
    `${joinSecretName} --from-literal=hub=${hub ?? "HOST:7443"} --from-literal=token=TOKEN --dry-run=client -o yaml | ` +
    `kubectl apply -f - (the agent takes it by itself)`
  );
}

function fromSecret(values: Record<string, string>): Membership | undefined {
  const { "tls.crt": certificate, "tls.key": key, "ca.crt": authorities, hub } = values;
  if (certificate === undefined || key === undefined || authorities === undefined || hub === undefined)
    return undefined;
  const cluster = clusterOfCertificate(certificate);
  return cluster === undefined ? undefined : { cluster, hub, credentials: { certificate, key, authorities } };
}

function toSecret({ hub, credentials }: Membership): Record<string, string> {
  const { certificate, key, authorities } = credentials;
  return { "tls.crt": certificate, "tls.key": key, "ca.crt": authorities, hub };
}
