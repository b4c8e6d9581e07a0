// Two clusters of the lab as the Multi-Cluster Services API sees them: `a` exports, `b` is the second, both import. Owns
// the namespace of one theme in both and requests to their API servers; judges nothing. The lab's third cluster is left
// alone: it lacks the namespace.

import { kubeconfigAccess } from "../../../agents/cluster/src/kube/auth.ts";
import { contentTypes, createKubeClient } from "../../../agents/cluster/src/kube/client.ts";
import type { KubeClient } from "../../../agents/cluster/src/kube/client.ts";
import { hasStatus } from "../../../agents/cluster/src/kube/error.ts";
import { waitUntil } from "../../lab/index.ts";
import type { LabCluster } from "../../lab/index.ts";
import { clusterOf, openStory } from "../story.ts";
import { namespaceManifest, pathOf } from "./objects.ts";
import type { Kind, Manifest } from "./objects.ts";

/** Everything that a condition, an import or a name may take to become as it should be. */
export const conditionMs = 20_000;

/** One of the two clusters. */
export interface Site {
  readonly name: string;
  readonly cluster: LabCluster;
  readonly api: KubeClient;
}

/** Both clusters, with a namespace of the same name in each. */
export interface Pair {
  readonly a: Site;
  readonly b: Site;
  readonly both: readonly Site[];
  readonly namespace: string;
  /** Takes the namespace away in both, and lets go of the API servers. */
  close(): Promise<void>;
}

/** Opens the lab with a new namespace for this theme in both clusters. */
export async function openPair(theme: string): Promise<Pair> {
  const lab = await openStory();
  const open = async (name: string): Promise<Site> => {
    const cluster = clusterOf(lab, name);
    return { name, cluster, api: createKubeClient(await kubeconfigAccess(cluster.kubeconfig)) };
  };
  const [a, b] = await Promise.all([open("a"), open("b")]);
  const both = [a, b];
  const namespace = uniqueName(`mcs-${theme}`);
  await Promise.all(both.map((site) => apply(site, namespaceManifest(namespace))));
  const close = async () => {
    await Promise.all(both.map((site) => remove(site, "Namespace", "", namespace)));
    await Promise.all(both.map((site) => site.api.close()));
  };
  return { a, b, both, namespace, close };
}

/** A name that no earlier run used: what that one left may still be on its way out. */
export function uniqueName(base: string): string {
  return `${base}-${Date.now().toString(36)}`;
}

/** Applies manifests at once, as their only owner. */
export async function apply(site: Site, ...manifests: readonly Manifest[]): Promise<void> {
  await Promise.all(
    manifests.map((body) =>
      site.api.request("PATCH", pathOf(body.kind, body.metadata.namespace ?? "", body.metadata.name), {
        body,
        query: { fieldManager: "story", force: "true" },
        contentType: contentTypes.serverSideApply,
      }),
    ),
  );
}

/** Deletes one object; one that is not there is deleted already. */
export async function remove(site: Site, kind: Kind, namespace: string, name: string): Promise<void> {
  try {
    await site.api.request("DELETE", pathOf(kind, namespace, name));
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
}

/** Reads one object; undefined when there is none. */
export async function read<T>(
  site: Site,
  kind: Kind,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  try {
    return (await site.api.request("GET", pathOf(kind, namespace, name))) as T;
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

/** Waits until this many replicas of a Deployment or StatefulSet are ready. */
export async function waitUntilReady(
  site: Site,
  kind: "Deployment" | "StatefulSet",
  namespace: string,
  name: string,
  replicas: number,
): Promise<void> {
  const what = `${replicas} ready pods of ${kind} "${name}" in ${site.name}`;
  await waitUntil({ what, timeoutMs: 60_000, intervalMs: 200 }, async () => {
    const found = await read<{ status?: { readyReplicas?: number } }>(site, kind, namespace, name);
    return found?.status?.readyReplicas === replicas;
  });
}
