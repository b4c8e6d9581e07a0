// Every version of every object of the kinds that Sealane writes, in one cluster, from now on. An independent watcher: it
// sees what others write too, and leaves the judging to its user.

import { kubeconfigAccess } from "../../agents/cluster/src/kube/auth.ts";
import { createKubeClient } from "../../agents/cluster/src/kube/client.ts";
import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { isOwned } from "../../agents/cluster/src/kube/ownership.ts";
import { collectionPath, resources } from "../../agents/cluster/src/kube/resource.ts";
import type { LabCluster } from "../lab/index.ts";
import type { ObjectVersion } from "./object-history.ts";
import { valuesOf } from "./object-history.ts";
import { watchLines } from "../watch-lines.ts";

/** An object as far as stories look at it. */
export interface WatchedObject {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
    }[];
    readonly clusters?: readonly { readonly cluster: string }[];
  };
}

/** Kinds that are watched, by their plural. */
export const watchedKinds = [
  "services",
  "endpointslices",
  "serviceimports",
  "serviceexports",
  "configmaps",
] as const;
export type WatchedKind = (typeof watchedKinds)[number];

/** One write, as it was seen. */
export interface SeenWrite extends ObjectVersion {
  readonly kind: WatchedKind;
  readonly object: WatchedObject;
  /** performance.now(). */
  readonly atMs: number;
  /** It carries Sealane's mark. */
  readonly owned: boolean;
}

/** A running watch. */
export interface ObjectWatch {
  readonly client: KubeClient;
  /** In the order of each kind's versions. */
  readonly writes: readonly SeenWrite[];
  /** The newest version of an object, also one from before the watch; undefined when there is none. */
  readonly newest: (kind: WatchedKind, namespace: string, name: string) => SeenWrite | undefined;
  /** The newest version of every object, by `keyOf`. */
  readonly snapshot: () => ReadonlyMap<string, SeenWrite>;
  /** @throws when it has not seen everything */
  readonly close: () => Promise<void>;
}

const resourceOf = {
  services: resources.services,
  endpointslices: resources.endpointSlices,
  serviceimports: resources.serviceImports,
  serviceexports: resources.serviceExports,
  configmaps: resources.configMaps,
} as const satisfies Record<WatchedKind, unknown>;

/** Watches from now on; resolves when all watches are open. */
export async function watchObjects(cluster: LabCluster): Promise<ObjectWatch> {
  const client = createKubeClient(await kubeconfigAccess(cluster.kubeconfig));
  const writes: SeenWrite[] = [];
  const current = new Map<string, SeenWrite>();
  const see = (seen: SeenWrite) => {
    writes.push(seen);
    if (seen.event === "DELETED") current.delete(keyOf(seen));
    else current.set(keyOf(seen), seen);
  };
  const begin = async (kind: WatchedKind) => {
    const path = collectionPath(resourceOf[kind]);
    const list = (await client.request("GET", path)) as {
      metadata: { resourceVersion: string };
      items: WatchedObject[];
    };
    for (const object of list.items) {
      const seen = seenOf(kind, "ADDED", object);
      current.set(keyOf(seen), seen);
    }
    const { resourceVersion } = list.metadata;
    return await watchLines({ client, path, resourceVersion }, (line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: WatchedObject };
      if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") see(seenOf(kind, type, object));
    });
  };
  const watches = await Promise.all(watchedKinds.map(begin));
  return {
    client,
    writes,
    newest: (kind, namespace, name) => current.get(`${kind} ${namespace}/${name}`),
    snapshot: () => new Map(current),
    close: async () => {
      await Promise.all(watches.map((watch) => watch.close()));
      await client.close();
    },
  };
}

/** What names an object in a cluster. */
export function keyOf({ kind, object: { metadata } }: Pick<SeenWrite, "kind" | "object">): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}

function seenOf(kind: WatchedKind, event: ObjectVersion["event"], object: WatchedObject): SeenWrite {
  const { labels = {}, annotations = {} } = object.metadata;
  const owned = isOwned({ labels, annotations });
  return { kind, event, object, owned, values: valuesOf(object), atMs: performance.now() };
}
