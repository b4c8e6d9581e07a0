// The gRPC listener for speakers: keys from the cluster, SessionService and nothing else.

import * as grpc from "@grpc/grpc-js";
import type { OpenSession } from "@sealane/wire";
import { channelOptions, sessionImplementation, sessionServiceDefinition } from "@sealane/wire";
import type { KubeClient } from "../kube/client.ts";
import { readSecret, writeSecret } from "../link/secrets.ts";
import type { ListenerKeys } from "./listener-keys.ts";
import { makeListenerKeys } from "./listener-keys.ts";

/** The Secret that holds the listener's keys, in the agent's namespace. */
const listenerSecretName = "sealane-agent-listener";

/** The name that speakers expect in the listener's certificate. */
function listenerHost(namespace: string): string {
  return `sealane-agent.${namespace}.svc`;
}

/** The stored keys, made and stored when there are none. */
export async function ensureListenerKeys(
  client: KubeClient,
  namespace: string,
  nowUnixMs: number,
): Promise<ListenerKeys> {
  const stored = await readSecret(client, namespace, listenerSecretName);
  const { "ca.crt": authority, "tls.crt": certificate, "tls.key": key } = stored ?? {};
  if (authority !== undefined && certificate !== undefined && key !== undefined)
    return { authority, certificate, key };
  const made = await makeListenerKeys(listenerHost(namespace), nowUnixMs);
  const values = { "ca.crt": made.authority, "tls.crt": made.certificate, "tls.key": made.key };
  await writeSecret(client, namespace, listenerSecretName, values);
  return made;
}

/** Serves speakers at `host:port` until closed. Rejects when the address cannot be bound. */
export async function serveSpeakers(
  address: string,
  keys: ListenerKeys,
  open: OpenSession,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = new grpc.Server(channelOptions);
  server.addService(sessionServiceDefinition, sessionImplementation(open));
  const credentials = grpc.ServerCredentials.createSsl(null, [
    { cert_chain: Buffer.from(keys.certificate), private_key: Buffer.from(keys.key) },
  ]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (cause, bound) => {
      if (cause === null) resolve(bound);
      else reject(new Error(`Cannot listen for speakers at ${address}: ${cause.message}`, { cause }));
    });
  });
  return { port, close: () => server.forceShutdown() };
}
