// Does what was decided about each definition, guarded by what was read, and waits until the API server serves it.
// It deletes nothing.

import type { KubeClient } from "../kube/client.ts";
import { sleep } from "../kube/backoff.ts";
import { hasStatus, messageOf } from "../kube/error.ts";
import { apiVersion, collectionPath, objectPath, resources } from "../kube/resource.ts";
import type { Decision } from "./decide.ts";
import { decide } from "./decide.ts";
import type { Definition, FoundDefinition } from "./definition.ts";
import { parseFound } from "./definition.ts";
import type { ShippedDefinition } from "./shipped.ts";

/** Whether anything is written. */
export type InstallMode = "apply" | "dry-run";

/** What came of one definition. */
export interface Outcome {
  readonly name: string;
  readonly file: string;
  /** What was decided; in a dry run it was not done. Undefined when it could not be read. */
  readonly decision: Decision | undefined;
  /** Why it was not done, or is not served. */
  readonly error: string | undefined;
}

const resource = resources.customResourceDefinitions;
const fieldManager = "sealane-definitions";
const attemptsMax = 5;
const establishedMs = 30_000;
const lookMs = 100;

/** Installs all of them, one after the other. Never rejects for what one of them meets. */
export async function installAll(
  client: KubeClient,
  shipped: readonly ShippedDefinition[],
  mode: InstallMode,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { definition, file } of shipped) {
    let decision: Decision | undefined;
    const note = (decided: Decision): void => void (decision = decided);
    const error = await install(client, definition, mode, note).then(() => undefined, messageOf);
    outcomes.push({ name: definition.name, file, decision, error });
  }
  return outcomes;
}

/** Decides anew when somebody else was faster. @throws KubeError, Error */
async function install(
  client: KubeClient,
  shipped: Definition,
  mode: InstallMode,
  note: (decision: Decision) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const found = await read(client, shipped.name);
    if (found?.terminating === true) throw new Error("it is being deleted; run this again when it is gone");
    const decision = decide(shipped, found);
    note(decision);
    if (decision.is === "keep" || mode === "dry-run") return;
    try {
      await write(client, shipped, found);
      break;
    } catch (error) {
      if (!hasStatus(error, 409) || attempt === attemptsMax) throw error;
    }
  }
  await untilEstablished(client, shipped.name);
}

async function read(client: KubeClient, name: string): Promise<FoundDefinition | undefined> {
  try {
    return parseFound(await client.request("GET", objectPath(resource, "", name)));
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

/** Whatever others noted on the definition stays; its schema is ours whole, so that no field of an old one lingers. */
async function write(
  client: KubeClient,
  { name, labels, annotations, spec }: Definition,
  found: FoundDefinition | undefined,
): Promise<void> {
  const metadata = {
    name,
    labels: { ...found?.labels, ...labels },
    annotations: { ...found?.annotations, ...annotations },
    ...(found === undefined ? {} : { resourceVersion: found.resourceVersion }),
  };
  const body = { apiVersion: apiVersion(resource), kind: resource.kind, metadata, spec };
  const query = { fieldManager };
  if (found === undefined) await client.request("POST", collectionPath(resource), { body, query });
  else await client.request("PUT", objectPath(resource, "", name), { body, query });
}

async function untilEstablished(client: KubeClient, name: string): Promise<void> {
  const endMs = performance.now() + establishedMs;
  for (;;) {
    const standing = (await read(client, name))?.standing;
    if (standing === "established") return;
    if (typeof standing === "object")
      throw new Error(`the API server does not serve it: ${standing.refused}`);
    if (performance.now() >= endMs)
      throw new Error(`the API server does not serve it ${establishedMs / 1000} s after it was written`);
    await sleep(lookMs);
  }
}
