// Server-side apply of manifests as `kubectl apply --server-side --force-conflicts` does it, without starting kubectl.
// What is as wanted already stays as it is; fields that the manager no longer wants are taken back by the API server.

import { parseAllDocuments } from "yaml";
import type { KubeClient } from "../../../agents/cluster/src/kube/client.ts";
import { contentTypes } from "../../../agents/cluster/src/kube/client.ts";
import { isNamespaceGone, isRefusedWrite, messageOf } from "../../../agents/cluster/src/kube/error.ts";
import { objectPath } from "../../../agents/cluster/src/kube/resource.ts";
import type { Resource } from "../../../agents/cluster/src/kube/resource.ts";
import { Hopeless, waitUntil } from "../wait.ts";

/** An object as manifests hold it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const applyTimeoutMs = 30_000;

/** The objects of manifests, in their order, those of a List too. Throws on text that is not YAML. */
export function parseManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const object = document.toJS() as Manifest | { readonly items: readonly Manifest[] } | null;
    if (object === null) return [];
    return "items" in object ? object.items : [object];
  });
}

/** Applies objects one after the other as this field manager, whoever has their fields now. */
export async function applyManifests(
  client: KubeClient,
  manager: string,
  manifests: readonly Manifest[],
): Promise<void> {
  const kinds = new Map<string, Promise<readonly Resource[]>>();
  for (const body of manifests) {
    const { kind, metadata } = body;
    const served = kinds.get(body.apiVersion) ?? servedKinds(client, body.apiVersion);
    kinds.set(body.apiVersion, served);
    const resource = (await served).find((each) => each.kind === kind);
    if (resource === undefined)
      throw new Error(`Cannot apply ${kind} "${metadata.name}": ${body.apiVersion} has no such kind`);
    const path = objectPath(resource, metadata.namespace ?? "default", metadata.name);
    const query = { fieldManager: manager, force: "true", fieldValidation: "Strict" };
    const request = { body, query, contentType: contentTypes.serverSideApply };
    // An apply may be repeated; an API server that is only just busy is no reason to break off.
    await waitUntil(
      { what: `${client.server} to take ${kind} "${metadata.name}"`, timeoutMs: applyTimeoutMs },
      () =>
        client.request("PATCH", path, request).then(
          () => true,
          (error: unknown) => {
            throw isRefusedWrite(error) || isNamespaceGone(error)
              ? new Hopeless(messageOf(error), { cause: error })
              : error;
          },
        ),
    );
  }
}

/** The kinds of one API version that this API server serves. */
async function servedKinds(client: KubeClient, version: string): Promise<readonly Resource[]> {
  const [group = "", of] = version.includes("/") ? version.split("/") : ["", version];
  const root = group === "" ? `/api/${of}` : `/apis/${version}`;
  const { resources } = (await client.request("GET", root)) as {
    readonly resources: readonly {
      readonly name: string;
      readonly kind: string;
      readonly namespaced: boolean;
    }[];
  };
  // Subresources are listed beside their kinds, as "deployments/scale".
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map(({ name, kind, namespaced }) => ({ group, version: of ?? "", kind, plural: name, namespaced }));
}
