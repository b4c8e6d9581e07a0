// Lists and writes the two properties, each write guarded by what was read. Refuses to write when the term is over.

import type { KubeClient } from "../kube/client.ts";
import { hasStatus } from "../kube/error.ts";
import { fieldManager } from "../kube/ownership.ts";
import { listAll } from "../kube/list.ts";
import { collectionPath, deleteOptions, objectPath, resources } from "../kube/resource.ts";
import type { PropertyStep } from "./plan.ts";
import type { ClusterProperty } from "./property.ts";
import { clusterProperty, parseProperty, propertyBody, setProperty } from "./property.ts";

const names: readonly string[] = [clusterProperty, setProperty];
const pageSize = 500;

/** The two, as far as they are there. @throws KubeError: 404 when the kind is not served; Error when one cannot be read */
export async function listProperties(
  client: KubeClient,
  signal: AbortSignal,
): Promise<readonly ClusterProperty[]> {
  const { values, unreadable } = await listAll({
    client,
    parse: parseProperty,
    path: collectionPath(resources.clusterProperties),
    selectors: {},
    pageSize,
    signal,
  });
  const unread = unreadable.find(({ name }) => names.includes(name));
  if (unread !== undefined) throw unread.error;
  return values.filter(({ name }) => names.includes(name));
}

/** Does one step and gives the object as it is then; of a deletion, as it was. @throws KubeError */
export async function writeProperty(
  client: KubeClient,
  step: PropertyStep,
  signal: AbortSignal,
): Promise<ClusterProperty> {
  const resource = resources.clusterProperties;
  if (step.do === "delete") {
    await deleteProperty(client, step.held, signal);
    return step.held;
  }
  const query = { fieldManager };
  if (step.do === "create") {
    const body = propertyBody(step.name, step.value);
    return parseProperty(await client.request("POST", collectionPath(resource), { body, query, signal }));
  }
  const { name, resourceVersion } = step.held;
  const body = propertyBody(name, step.value, resourceVersion);
  return parseProperty(await client.request("PUT", objectPath(resource, "", name), { body, query, signal }));
}

async function deleteProperty(
  client: KubeClient,
  { name, uid }: ClusterProperty,
  signal: AbortSignal,
): Promise<void> {
  const body = deleteOptions(uid);
  try {
    await client.request("DELETE", objectPath(resources.clusterProperties, "", name), { body, signal });
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
}
