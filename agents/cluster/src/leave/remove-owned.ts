// Takes away every object that carries our mark, whatever version of Sealane wrote it, in all namespaces: names first,
// then what they led to. Refuses to touch an object that is not ours, or another that took its name.

import type { KubeClient } from "../kube/client.ts";
import { record, storedOf, textMap } from "../kube/door.ts";
import { hasStatus } from "../kube/error.ts";
import { listAll } from "../kube/list.ts";
import { isOwned, ownedSelector } from "../kube/ownership.ts";
import { collectionPath, deleteOptions, objectPath, resources } from "../kube/resource.ts";
import type { Resource } from "../kube/resource.ts";
import type { Stored } from "../kube/store.ts";
import { serviceNameLabel } from "../observe/parse-endpoint-slice.ts";

/** An object to delete. */
export interface OwnedObject extends Stored {
  readonly resource: Resource;
  /** It leads speakers to the agent, which must reach them until the end. */
  readonly leads: boolean;
}

/** The order in which they go: the name, then its slices, then its address; exports that selectors made lead nowhere. */
const kinds = [
  resources.serviceImports,
  resources.endpointSlices,
  resources.services,
  resources.serviceExports,
];

const parallelMax = 16;
const pageSize = 500;

/** Every object of ours of these kinds, in the order in which they must go. A kind that is not served has none. @throws KubeError */
export async function findOwned(client: KubeClient, signal: AbortSignal): Promise<readonly OwnedObject[]> {
  const found = await Promise.all(
    kinds.map(async (resource) => {
      try {
        const { values } = await listAll({
          client,
          parse: ownedOf,
          path: collectionPath(resource),
          selectors: { labelSelector: ownedSelector },
          pageSize,
          signal,
        });
        return values.filter((each) => each.owned).map((each) => ({ ...each, resource }));
      } catch (error) {
        if (hasStatus(error, 404)) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}

function ownedOf(object: unknown): Stored & { readonly owned: boolean; readonly leads: boolean } {
  const metadata = record(record(object, "object")["metadata"], "metadata");
  const labels = textMap(metadata["labels"], "metadata.labels");
  const annotations = textMap(metadata["annotations"], "metadata.annotations");
  return {
    ...storedOf(object),
    owned: isOwned({ labels, annotations }),
    leads: labels[serviceNameLabel] === "sealane-agent",
  };
}

/** Deletes them kind after kind, each by its identity; `onGone` counts. Gone already is well. @throws KubeError */
export async function removeAll(
  client: KubeClient,
  objects: readonly OwnedObject[],
  onGone: () => void,
  signal: AbortSignal,
): Promise<void> {
  for (const resource of kinds) {
    const waiting = objects.filter((each) => each.resource === resource);
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await removeObject(client, next, signal);
        onGone();
      }
    };
    await Promise.all(Array.from({ length: parallelMax }, work));
  }
}

/** Deletes one object, and no other that took its name since. @throws KubeError */
export async function removeObject(
  client: KubeClient,
  { resource, namespace, name, uid }: OwnedObject,
  signal: AbortSignal,
): Promise<void> {
  const body = deleteOptions(uid);
  try {
    await client.request("DELETE", objectPath(resource, namespace, name), { body, signal });
  } catch (error) {
    if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error;
  }
}
