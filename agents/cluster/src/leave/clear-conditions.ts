// Takes our conditions off people's ServiceExports and leaves everything else of them as it is, conditions of others too.

import type { KubeClient } from "../kube/client.ts";
import { contentTypes } from "../kube/client.ts";
import { record, storedOf } from "../kube/door.ts";
import { hasStatus } from "../kube/error.ts";
import { listAll } from "../kube/list.ts";
import { fieldManager } from "../kube/ownership.ts";
import { collectionPath, objectPath, resources } from "../kube/resource.ts";
import type { Stored } from "../kube/store.ts";
import { exportConditionTypes } from "../execute/conditions.ts";

const attemptsMax = 5;
const pageSize = 500;

/** A ServiceExport with what its status says. */
export interface ExportWithStatus extends Stored {
  readonly status: Readonly<Record<string, unknown>>;
  /** Some of its conditions are ours. */
  readonly marked: boolean;
}

/** Every ServiceExport; none where the kind is not served. @throws KubeError */
export async function findExports(
  client: KubeClient,
  signal: AbortSignal,
): Promise<readonly ExportWithStatus[]> {
  try {
    const { values } = await listAll({
      client,
      parse: exportOf,
      path: collectionPath(resources.serviceExports),
      selectors: {},
      pageSize,
      signal,
    });
    return values;
  } catch (error) {
    if (hasStatus(error, 404)) return [];
    throw error;
  }
}

/** Takes our conditions off one ServiceExport; one that is gone is well. @throws KubeError */
export async function clearConditions(
  client: KubeClient,
  found: ExportWithStatus,
  signal: AbortSignal,
): Promise<void> {
  const path = objectPath(resources.serviceExports, found.namespace, found.name);
  let held: ExportWithStatus | undefined = found;
  for (let attempt = 1; held?.marked === true; attempt++) {
    const { uid, resourceVersion } = held;
    const body = { metadata: { uid, resourceVersion }, status: statusWithout(held) };
    try {
      await client.request("PATCH", `${path}/status`, {
        body,
        query: { fieldManager },
        contentType: contentTypes.mergePatch,
        signal,
      });
      return;
    } catch (error) {
      if (hasStatus(error, 404)) return;
      if (!hasStatus(error, 409) || attempt === attemptsMax) throw error;
    }
    held = await read(client, path, signal);
  }
}

async function read(
  client: KubeClient,
  path: string,
  signal: AbortSignal,
): Promise<ExportWithStatus | undefined> {
  try {
    return exportOf(await client.request("GET", path, { signal }));
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

/** A merge patch: null takes a field away, so that a status that was ours alone is gone whole. */
function statusWithout({ status }: ExportWithStatus): object | null {
  const conditions = conditionsOf(status).filter((each) => !isOurs(each));
  const alone = Object.keys(status).every((key) => key === "conditions");
  if (conditions.length === 0) return alone ? null : { conditions: null };
  return { conditions };
}

function exportOf(object: unknown): ExportWithStatus {
  const status = record(record(object, "object")["status"] ?? {}, "status");
  return { ...storedOf(object), status, marked: conditionsOf(status).some(isOurs) };
}

function conditionsOf(status: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Array.isArray(status["conditions"]) ? (status["conditions"] as readonly unknown[]) : [];
}

function isOurs(condition: unknown): boolean {
  const { type } = (condition ?? {}) as { readonly type?: unknown };
  return exportConditionTypes.some((each) => each === type);
}
