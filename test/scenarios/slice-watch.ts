// An independent watcher of a namespace's EndpointSlices: when each write became visible, and which endpoints it left ready.

import { kubeconfigAccess } from "../../agents/cluster/src/kube/auth.ts";
import { createKubeClient } from "../../agents/cluster/src/kube/client.ts";
import type { LabCluster } from "../lab/index.ts";

/** One write of one slice. */
export interface SliceWrite {
  readonly atUnixMs: number;
  readonly service: string;
  /** Addresses whose endpoints are ready, sorted. */
  readonly ready: readonly string[];
  /** Every address, sorted. */
  readonly all: readonly string[];
  readonly deleted: boolean;
}

interface SliceEvent {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
    readonly endpoints?: readonly {
      readonly addresses: readonly string[];
      readonly conditions?: { readonly ready?: boolean };
    }[];
  };
}

/** A running watch. */
export interface SliceWatch {
  readonly writes: readonly SliceWrite[];
  readonly close: () => void;
}

/** Watches from now on; resolves when the watch is open. */
export async function watchSlices(cluster: LabCluster, namespace: string): Promise<SliceWatch> {
  const client = createKubeClient(await kubeconfigAccess(cluster.kubeconfig));
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const { metadata } = (await client.request("GET", path)) as { metadata: { resourceVersion: string } };
  const writes: SliceWrite[] = [];
  const stop = new AbortController();
  let rest = "";
  const onChunk = (chunk: Buffer) => {
    const atUnixMs = performance.timeOrigin + performance.now();
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) writes.push(toWrite(JSON.parse(line) as SliceEvent, atUnixMs));
  };
  await new Promise<void>((resolve, reject) => {
    const query = { watch: "true", resourceVersion: metadata.resourceVersion };
    client.stream(path, query, { onOpen: resolve, onChunk }, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
  const close = () => {
    stop.abort();
    void client.close();
  };
  return { writes, close };
}

function toWrite({ type, object }: SliceEvent, atUnixMs: number): SliceWrite {
  const endpoints = object.endpoints ?? [];
  return {
    atUnixMs,
    service: object.metadata.labels?.["kubernetes.io/service-name"] ?? "",
    ready: endpoints
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses)
      .toSorted(),
    all: endpoints.flatMap(({ addresses }) => addresses).toSorted(),
    deleted: type === "DELETED",
  };
}
