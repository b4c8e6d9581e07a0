// Exported services of one endpoint each, by number, and verbs that write many of them at once. Knows nothing of who
// imports them.

import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { hasStatus } from "../../agents/cluster/src/kube/error.ts";

/** As many writes as an agent has in flight at once. */
const parallelWrites = 16;

/** Of a machine that has more to do than it can, an answer is waited for longer than an agent would. */
const patience = { timeoutMs: 60_000 };

/** Services that the addresses below tell apart. */
export const exportsMax = 1_000;

/** Paths of the collections in a namespace. */
export const collections = {
  services: (namespace: string) => `/api/v1/namespaces/${namespace}/services`,
  slices: (namespace: string) => `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
  exports: (namespace: string) =>
    `/apis/multicluster.x-k8s.io/v1beta1/namespaces/${namespace}/serviceexports`,
  imports: (namespace: string) =>
    `/apis/multicluster.x-k8s.io/v1beta1/namespaces/${namespace}/serviceimports`,
} as const;

/** The address of a service's endpoint after its n-th change, of the first cluster's pod range. */
export function endpointAddress(service: number, change: number): string {
  return `10.64.${(change % 60) * 4 + Math.floor(service / 250)}.${1 + (service % 250)}`;
}

/** Writes Services and their slices, without exporting them. */
export async function createServices(client: KubeClient, namespace: string, count: number): Promise<void> {
  await inParallel(count, async (service) => {
    await create(client, collections.services(namespace), serviceOf(namespace, service));
    await create(client, collections.slices(namespace), clusterSliceOf(namespace, service, 0));
  });
}

/** Exports one service that exists. */
export async function createExport(client: KubeClient, namespace: string, service: number): Promise<void> {
  const body = { apiVersion: "multicluster.x-k8s.io/v1beta1", kind: "ServiceExport" };
  await create(client, collections.exports(namespace), { ...body, metadata: metadataOf(namespace, service) });
}

/** Takes one export back; gone already is well. */
export async function deleteExport(client: KubeClient, namespace: string, service: number): Promise<void> {
  const path = `${collections.exports(namespace)}/${metadataOf(namespace, service).name}`;
  await client.request("DELETE", path, patience).catch((error: unknown) => {
    if (!hasStatus(error, 404)) throw error;
  });
}

/** Gives a service its endpoint's n-th address. */
export async function changeEndpoint(
  client: KubeClient,
  namespace: string,
  service: number,
  change: number,
): Promise<void> {
  const body = clusterSliceOf(namespace, service, change);
  await client.request("PUT", `${collections.slices(namespace)}/${body.metadata.name}`, {
    ...patience,
    body,
  });
}

/** Every endpoint address in a namespace's slices of this name prefix. */
export async function addressesIn(
  client: KubeClient,
  namespace: string,
  prefix: string,
): Promise<ReadonlySet<string>> {
  interface Slice {
    readonly metadata: { readonly name: string };
    readonly endpoints?: readonly { readonly addresses: readonly string[] }[];
  }
  const { items } = (await client.request("GET", collections.slices(namespace))) as { items: Slice[] };
  const wanted = items.filter(({ metadata }) => metadata.name.startsWith(prefix));
  return new Set(wanted.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses)));
}

/** Runs for 0 to `count` - 1, so many at once as an agent writes. */
export async function inParallel(count: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: parallelWrites }, lane));
}

function metadataOf(namespace: string, service: number) {
  return { name: `service-${service}`, namespace };
}

function serviceOf(namespace: string, service: number): object {
  const ports = [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }];
  return { apiVersion: "v1", kind: "Service", metadata: metadataOf(namespace, service), spec: { ports } };
}

function clusterSliceOf(namespace: string, service: number, change: number) {
  const { name } = metadataOf(namespace, service);
  const labels = {
    "kubernetes.io/service-name": name,
    "endpointslice.kubernetes.io/managed-by": "bench",
  };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-slice`, namespace, labels },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [
      { addresses: [endpointAddress(service, change)], conditions: { ready: true }, nodeName: "a1" },
    ],
  };
}

async function create(client: KubeClient, collection: string, body: object): Promise<void> {
  await client.request("POST", collection, { ...patience, body });
}
