// Secrets of sealane-system as string records. Touches only the ones it is asked for, and only its own are written.

import type { KubeClient } from "../kube/client.ts";
import { hasStatus } from "../kube/error.ts";

const path = (namespace: string, name?: string) =>
  `/api/v1/namespaces/${namespace}/secrets${name === undefined ? "" : `/${name}`}`;

interface SecretObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The Secret's values as text, or undefined when there is no such Secret. Throws KubeError for anything else. */
export async function readSecret(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<Record<string, string> | undefined> {
  try {
    const { data = {} } = (await client.request("GET", path(namespace, name))) as SecretObject;
    return Object.fromEntries(
      Object.entries(data).map(([k, v]) => [k, Buffer.from(v, "base64").toString("utf8")]),
    );
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

/** Makes the Secret hold exactly these values. */
export async function writeSecret(
  client: KubeClient,
  namespace: string,
  name: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(values).map(([k, v]) => [k, Buffer.from(v).toString("base64")]),
  );
  const body = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace,
      labels: { "app.kubernetes.io/managed-by": "sealane" },
      annotations: { "sealane.dev/owner": "sealane-agent" },
    },
    data,
  };
  try {
    await client.request("PUT", path(namespace, name), { body });
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
    await client.request("POST", path(namespace), { body });
  }
}
