// Writes changes to one API server at a given rate and times each until a watcher of the other sees it. The same for
// every measured program: it knows services and addresses, not who carries them.

import { setTimeout as delay } from "node:timers/promises";
import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { waitUntil } from "../lab/wait.ts";
import { watchLines } from "../watch-lines.ts";

/** What to write. */
export interface Load {
  readonly namespace: string;
  readonly services: number;
  readonly changes: number;
  /** Changes a second over all services. */
  readonly rate: number;
}

/** Milliseconds from the answer to each write until the watcher saw it, or what superseded it. */
export interface Lags {
  readonly lagsMs: readonly number[];
  readonly seconds: number;
}

interface Seen {
  readonly addressType: string;
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[];
}

const slices = (namespace: string) => `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;

/** Name of the source slice of a service. */
const sliceName = (service: number) => `service-${service}-slice`;

/** The one endpoint of a service after its n-th change: service in the third byte, change in the last. */
function addressOf(service: number, change: number): string {
  return `10.64.${service}.${1 + (change % 250)}`;
}

/** An EndpointSlice of a headless service at one change. */
export function sliceOf(namespace: string, service: number, change: number) {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: sliceName(service),
      namespace,
      labels: {
        "kubernetes.io/service-name": `service-${service}`,
        "endpointslice.kubernetes.io/managed-by": "bench",
      },
    },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [{ addresses: [addressOf(service, change)], conditions: { ready: true }, nodeName: "a1" }],
  };
}

/** Runs one load. Every change must be seen in the end; it fails naming how many were not. */
export async function measure(from: KubeClient, to: KubeClient, load: Load, prefix: string): Promise<Lags> {
  const waiting = new Map<number, { change: number; answeredAt: number }[]>();
  const lagsMs: number[] = [];
  const seen = (service: number, address: string, at: number) => {
    const queue = waiting.get(service) ?? [];
    const last = queue.findLastIndex(({ change }) => addressOf(service, change) === address);
    for (const { answeredAt } of queue.splice(0, last + 1)) lagsMs.push(Math.max(0, at - answeredAt));
  };
  const watching = await watchLines({ client: to, path: slices(load.namespace) }, (line, atMs) => {
    const { object } = JSON.parse(line) as { object: Seen & { metadata: { name: string } } };
    if (!object.metadata.name.startsWith(prefix)) return;
    const address = object.endpoints?.[0]?.addresses[0];
    if (address !== undefined) seen(Number(address.split(".")[2]), address, atMs);
  });
  const started = performance.now();
  const writes: Promise<void>[] = [];
  for (let n = 0; n < load.changes; n++) {
    const due = started + (n * 1000) / load.rate;
    if (due > performance.now() + 1) await delay(due - performance.now());
    const service = n % load.services;
    const change = 1 + Math.floor(n / load.services);
    writes.push(write(from, load.namespace, service, change, waiting));
  }
  await Promise.all(writes);
  const seconds = (performance.now() - started) / 1000;
  await waitUntil(
    { what: `the last of ${load.changes} changes to be seen`, timeoutMs: 30_000, intervalMs: 20 },
    () => lagsMs.length === load.changes,
  ).catch((error: unknown) => {
    throw new Error(`${load.changes - lagsMs.length} of ${load.changes} changes were never seen`, {
      cause: error,
    });
  });
  await watching.close();
  return { lagsMs, seconds };
}

async function write(
  from: KubeClient,
  namespace: string,
  service: number,
  change: number,
  waiting: Map<number, { change: number; answeredAt: number }[]>,
): Promise<void> {
  const entry = { change, answeredAt: Number.POSITIVE_INFINITY };
  const queue = waiting.get(service) ?? [];
  queue.push(entry);
  waiting.set(service, queue);
  await from.request("PUT", `${slices(namespace)}/${sliceName(service)}`, {
    body: sliceOf(namespace, service, change),
  });
  entry.answeredAt = performance.now();
}
