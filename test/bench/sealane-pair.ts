// Two bare API servers with what a joined cluster has and exported services in the first, and Sealane between them: what
// a propagation of Sealane runs through.

import type { ChildProcess } from "node:child_process";
import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { waitUntil } from "../lab/wait.ts";
import type { ApiServers } from "./api-servers.ts";
import { ended, ensure } from "./api-servers.ts";
import { sliceOf } from "./changes.ts";
import { createNamespace, prepareCluster } from "./prepare-cluster.ts";
import type { Profile } from "./sealane-processes.ts";
import { serverAt, startAgent, startHub } from "./sealane-processes.ts";

/** A prepared pair; `start` may be called again after its `stop`. */
export interface SealanePair {
  /** Starts hub and agents; ready when every service is imported. The returned function stops them. */
  readonly start: (profile: Profile) => Promise<() => Promise<void>>;
  /** The importing cluster's slices begin with this. */
  readonly prefix: string;
}

/** Gives both API servers what a joined cluster has: CRDs, a node, and in the first one exported services. */
export async function prepare(
  servers: ApiServers,
  namespace: string,
  services: number,
): Promise<SealanePair> {
  const [a, b] = [serverAt(servers, 0), serverAt(servers, 1)];
  for (const [index, { client }] of [a, b].entries()) {
    await prepareCluster(client, index);
    await createNamespace(client, namespace);
  }
  for (let service = 0; service < services; service++) await exportService(a.client, namespace, service);
  const start = async (profile: Profile) => {
    const children: ChildProcess[] = [];
    const stop = async () => {
      await Promise.all(children.map((child) => ended(child)));
    };
    try {
      children.push(await startHub(servers, profile));
      for (const index of [0, 1]) children.push(await startAgent(servers, index, profile));
      const what = `${services} services to be imported (logs in ${servers.directory})`;
      await waitUntil({ what, timeoutMs: 60_000 }, () => imported(b.client, namespace, services));
      // What an earlier run left looks imported before anybody is connected: a fresh change proves the whole chain.
      await crossed(a.client, b.client, namespace);
    } catch (error) {
      await stop();
      throw error;
    }
    return stop;
  };
  return { start, prefix: "sealane-" };
}

async function exportService(client: KubeClient, namespace: string, service: number): Promise<void> {
  const metadata = { name: `service-${service}`, namespace };
  const spec = { clusterIP: "None", ports: [{ name: "http", port: 8080, protocol: "TCP" }] };
  await ensure(client, `/api/v1/namespaces/${namespace}/services`, {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec,
  });
  await ensure(
    client,
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    sliceOf(namespace, service, 0),
  );
  const exported = { apiVersion: "multicluster.x-k8s.io/v1beta1", kind: "ServiceExport", metadata };
  await ensure(
    client,
    `/apis/multicluster.x-k8s.io/v1beta1/namespaces/${namespace}/serviceexports`,
    exported,
  );
}

async function crossed(from: KubeClient, to: KubeClient, namespace: string): Promise<void> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const slice = sliceOf(namespace, 0, Math.floor(Math.random() * 50) + 190);
  await from.request("PUT", `${path}/${slice.metadata.name}`, { body: slice });
  await waitUntil({ what: "a first change to cross", timeoutMs: 60_000 }, async () => {
    const text = JSON.stringify(await to.request("GET", path));
    return text.includes(slice.endpoints[0]?.addresses[0] ?? "none");
  });
}

async function imported(client: KubeClient, namespace: string, services: number): Promise<boolean> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const { items } = (await client.request("GET", path)) as { items: { metadata: { name: string } }[] };
  return items.filter(({ metadata }) => metadata.name.startsWith("sealane-")).length >= services;
}
