// Secrets of the agent's own namespace as records of values. Touches only the ones it is asked for, and only its own
// are written.

import type { KubeClient } from "../kube/client.ts";
import { optionalText, record, text } from "../kube/door.ts";
import { hasStatus } from "../kube/error.ts";
import { ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import { apiVersion, collectionPath, objectPath, resources } from "../kube/resource.ts";

/** A Secret as it was read. */
export interface StoredSecret {
  readonly resourceVersion: string;
  readonly values: ReadonlyMap<string, Buffer>;
}

/** Values of a Secret to write, text or bytes: what is missing here is gone from the Secret. */
export type SecretValues = Readonly<Record<string, string | Uint8Array>>;

/** The Secret, or undefined when there is none of this name. @throws KubeError, ObjectError */
export async function readStoredSecret(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<StoredSecret | undefined> {
  try {
    const object = record(
      await client.request("GET", objectPath(resources.secrets, namespace, name)),
      "object",
    );
    const data = record(object["data"] ?? {}, "data");
    const values = Object.entries(data).map(
      ([key, value]) => [key, Buffer.from(optionalText(value, `data.${key}`), "base64")] as const,
    );
    return { resourceVersion: versionOf(object), values: new Map(values) };
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

/** The Secret's values as text, or undefined when there is no such Secret. @throws KubeError, ObjectError */
export async function readSecret(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<Record<string, string> | undefined> {
  const stored = await readStoredSecret(client, namespace, name);
  return (
    stored && Object.fromEntries([...stored.values].map(([key, value]) => [key, value.toString("utf8")]))
  );
}

/** Makes the Secret hold exactly these values, whatever it held. @throws KubeError */
export async function writeSecret(
  client: KubeClient,
  namespace: string,
  name: string,
  values: SecretValues,
): Promise<void> {
  const body = bodyOf({ namespace, name }, values);
  try {
    await client.request("PUT", objectPath(resources.secrets, namespace, name), { body });
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
    await client.request("POST", collectionPath(resources.secrets, namespace), { body });
  }
}

/** Which Secret, as it was read. */
export interface SecretVersion {
  readonly namespace: string;
  readonly name: string;
  /** Undefined when there was none. */
  readonly resourceVersion: string | undefined;
}

/**
 * Makes the Secret hold exactly these values if it is still as it was read. Gives its new version.
 * @throws KubeError with status 409 when somebody else was faster
 */
export async function replaceSecret(
  client: KubeClient,
  held: SecretVersion,
  values: SecretValues,
): Promise<string> {
  const { namespace, name, resourceVersion } = held;
  const metadata = resourceVersion === undefined ? { namespace, name } : { namespace, name, resourceVersion };
  const body = bodyOf(metadata, values);
  const answer =
    resourceVersion === undefined
      ? await client.request("POST", collectionPath(resources.secrets, namespace), { body })
      : await client.request("PUT", objectPath(resources.secrets, namespace, name), { body });
  return versionOf(record(answer, "object"));
}

function bodyOf(metadata: object, values: SecretValues): object {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  return {
    apiVersion: apiVersion(resources.secrets),
    kind: resources.secrets.kind,
    metadata: { ...metadata, labels: ownedLabels, annotations: ownedAnnotations },
    data: Object.fromEntries(data),
  };
}

function versionOf(object: Readonly<Record<string, unknown>>): string {
  return text(record(object["metadata"], "metadata")["resourceVersion"], "metadata.resourceVersion");
}
