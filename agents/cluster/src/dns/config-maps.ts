// Reads, writes and watches the few ConfigMaps that DNS consists of. Touches only the keys and labels it is
// given, and only an object that is as it was read.

import type { KubeClient } from "../kube/client.ts";
import { contentTypes } from "../kube/client.ts";
import { optionalText, record, storedOf, text, textMap } from "../kube/door.ts";
import { hasStatus } from "../kube/error.ts";
import { fieldManager } from "../kube/ownership.ts";
import { Reflector } from "../kube/reflector.ts";
import { collectionPath, objectPath, resources } from "../kube/resource.ts";
import type { Stored } from "../kube/store.ts";
import { objectKey } from "../kube/store.ts";

/** The key that holds a Corefile in every ConfigMap of ours and in kubeadm's. */
export const corefileKey = "Corefile";

/** A ConfigMap's name. */
export interface ConfigMapName {
  readonly namespace: string;
  readonly name: string;
}

/** A ConfigMap as it was read. */
export interface ConfigMapContent {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

/** What to write. */
export interface ConfigMapWrite extends ConfigMapName {
  /** Keys to set; others stay. */
  readonly data: Readonly<Record<string, string>>;
  /** Labels and annotations to set; others stay. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The version that was read; undefined when there was no ConfigMap, which creates it. */
  readonly resourceVersion: string | undefined;
}

/** Access to ConfigMaps. Both reject when the API server refuses or cannot be reached. */
export interface ConfigMapAccess {
  /** Undefined when there is none of this name. */
  readConfigMap(name: ConfigMapName): Promise<ConfigMapContent | undefined>;
  /** Conflict: it is not as it was read any more, so nothing was written. */
  writeConfigMap(write: ConfigMapWrite): Promise<"written" | "conflict">;
}

/** ConfigMaps of an API server. */
export function configMapAccess(client: KubeClient): ConfigMapAccess {
  const query = { fieldManager };
  return {
    async readConfigMap({ namespace, name }) {
      try {
        return contentOf(await client.request("GET", objectPath(resources.configMaps, namespace, name)));
      } catch (error) {
        if (hasStatus(error, 404)) return undefined;
        throw error;
      }
    },
    async writeConfigMap({ namespace, name, data, labels, annotations, resourceVersion }) {
      const metadata = { namespace, name, labels, annotations };
      try {
        if (resourceVersion === undefined) {
          const body = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
          await client.request("POST", collectionPath(resources.configMaps, namespace), { body, query });
        } else {
          const body = { metadata: { ...metadata, resourceVersion }, data };
          const path = objectPath(resources.configMaps, namespace, name);
          await client.request("PATCH", path, { body, query, contentType: contentTypes.mergePatch });
        }
        return "written";
      } catch (error) {
        // 409 is a changed or an existing object, 404 one that has gone since it was read.
        if (hasStatus(error, 409) || (resourceVersion !== undefined && hasStatus(error, 404)))
          return "conflict";
        throw error;
      }
    },
  };
}

/** What the watch of a ConfigMap says. */
export interface CorefileObserver {
  /** The Corefile now; undefined when there is no such ConfigMap or it has no such key. */
  onText(text: string | undefined): void;
  /** The API server cannot be read; what was last seen holds. */
  onUnknown(error: Error): void;
}

/** Follows the Corefile of one ConfigMap until the signal ends it. */
export function watchCorefile(
  client: KubeClient,
  { namespace, name }: ConfigMapName,
  observer: CorefileObserver,
  signal: AbortSignal,
): void {
  const key = objectKey(namespace, name);
  const reflector = new Reflector<CorefileMap>(
    {
      client,
      resource: resources.configMaps,
      parse: (object) => ({ ...storedOf(object), corefile: contentOf(object).data[corefileKey] }),
      namespace,
      fieldSelector: `metadata.name=${name}`,
      onChange: () => observer.onText(reflector.store.get(key)?.corefile),
      onSynced: () => {
        if (reflector.store.get(key) === undefined) observer.onText(undefined);
      },
      onState: (state) => {
        if (state.is === "unknown") observer.onUnknown(state.error);
      },
      onInvalid: (error) => observer.onUnknown(error),
    },
    signal,
  );
}

interface CorefileMap extends Stored {
  readonly corefile: string | undefined;
}

function contentOf(object: unknown): ConfigMapContent {
  const root = record(object, "object");
  const metadata = record(root["metadata"], "metadata");
  return {
    uid: optionalText(metadata["uid"], "metadata.uid"),
    resourceVersion: text(metadata["resourceVersion"], "metadata.resourceVersion"),
    labels: textMap(metadata["labels"], "metadata.labels"),
    annotations: textMap(metadata["annotations"], "metadata.annotations"),
    data: textMap(root["data"], "data"),
  };
}
