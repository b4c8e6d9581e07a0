// Whether a kind that a CustomResourceDefinition defines is there to stay. An API server that takes a definition away
// deletes every object of it first, one by one, and then those deletions are nobody's word about the objects.

import type { KubeClient } from "./client.ts";
import { record } from "./door.ts";
import { hasStatus } from "./error.ts";
import { collectionPath, objectPath, resourceName, resources } from "./resource.ts";
import type { Resource } from "./resource.ts";

/**
 * Whether the kind stays. The definition carries its deletion before any object of it goes, so an answer that comes
 * after an object's deletion is never too early. Without the right to ask it is taken to stay. @throws KubeError
 */
export async function isKindStaying(
  client: KubeClient,
  resource: Resource,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = await client.request(
      "GET",
      objectPath(resources.customResourceDefinitions, "", resourceName(resource)),
      { signal },
    );
    const metadata = record(record(found, "definition")["metadata"], "metadata");
    return metadata["deletionTimestamp"] === undefined;
  } catch (error) {
    if (hasStatus(error, 403)) return true;
    if (!hasStatus(error, 404)) throw error;
    return await isServed(client, resource, signal);
  }
}

/** Something else than a definition of that name may serve it. */
async function isServed(client: KubeClient, resource: Resource, signal: AbortSignal): Promise<boolean> {
  try {
    await client.request("GET", collectionPath(resource), { query: { limit: "1" }, signal });
    return true;
  } catch (error) {
    if (hasStatus(error, 404)) return false;
    throw error;
  }
}
