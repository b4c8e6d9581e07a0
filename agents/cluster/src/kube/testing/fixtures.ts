// Objects and short ways to write them, for tests against the fake and the real API server.

import { readFile } from "node:fs/promises";
import { parse as parseYaml } from "yaml";
import { contentTypes } from "../client.ts";
import type { KubeClient } from "../client.ts";
import { hasStatus } from "../error.ts";
import { apiVersion, collectionPath, objectPath, resources } from "../resource.ts";
import type { Resource } from "../resource.ts";
import { eventually } from "./wait.ts";

/** An object as it is read; tests look into it as they like. */
export interface AnyObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly [field: string]: any;
}

/** Short ways to one API server. */
export interface Fixtures {
  create(
    resource: Resource,
    namespace: string,
    name: string,
    rest?: object,
    metadata?: object,
  ): Promise<AnyObject>;
  /** Merge patch. */
  patch(resource: Resource, namespace: string, name: string, patch: object): Promise<AnyObject>;
  /** Merges into the status, which `create` leaves out. */
  setStatus(resource: Resource, namespace: string, name: string, status: object): Promise<void>;
  remove(resource: Resource, namespace: string, name: string): Promise<void>;
  /** Undefined when there is none. */
  get(resource: Resource, namespace: string, name: string): Promise<AnyObject | undefined>;
  list(resource: Resource, namespace: string): Promise<readonly AnyObject[]>;
  installCrds(): Promise<void>;
}

const crdPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Ways to write by this client. */
export function fixtures(client: KubeClient): Fixtures {
  return {
    create: async (resource, namespace, name, rest = {}, metadata = {}) => {
      const body = {
        apiVersion: apiVersion(resource),
        kind: resource.kind,
        metadata: { name, ...(resource.namespaced ? { namespace } : {}), ...metadata },
        ...rest,
      };
      return (await client.request("POST", collectionPath(resource, namespace), { body })) as AnyObject;
    },
    patch: async (resource, namespace, name, body) =>
      (await client.request("PATCH", objectPath(resource, namespace, name), {
        body,
        contentType: contentTypes.mergePatch,
      })) as AnyObject,
    setStatus: async (resource, namespace, name, status) => {
      const path = objectPath(resource, namespace, name, "status");
      await client.request("PATCH", path, { body: { status }, contentType: contentTypes.mergePatch });
    },
    remove: async (resource, namespace, name) => {
      await client.request("DELETE", objectPath(resource, namespace, name)).catch((error: unknown) => {
        if (!hasStatus(error, 404)) throw error;
      });
    },
    get: async (resource, namespace, name) => {
      try {
        return (await client.request("GET", objectPath(resource, namespace, name))) as AnyObject;
      } catch (error) {
        if (hasStatus(error, 404)) return undefined;
        throw error;
      }
    },
    list: async (resource, namespace) =>
      ((await client.request("GET", collectionPath(resource, namespace))) as { items: AnyObject[] }).items,
    installCrds: async () => {
      for (const resource of [resources.serviceExports, resources.serviceImports])
        await installCrd(client, resource);
    },
  };
}

async function installCrd(client: KubeClient, resource: Resource): Promise<void> {
  const file = new URL(`../../../../../deploy/crds/${resource.plural}.yaml`, import.meta.url);
  const body = parseYaml(await readFile(file, "utf8")) as object;
  await client.request("POST", crdPath, { body }).catch((error: unknown) => {
    if (!hasStatus(error, 409)) throw error;
  });
  await eventually(
    `${resource.plural} to be served`,
    () => client.request("GET", collectionPath(resource)).then(() => true),
    20_000,
  );
}
