// An independent watcher of a namespace's EndpointSlices: when each write became visible, and which endpoints it left ready.

import { kubeconfigAccess } from "../../agents/cluster/src/kube/auth.ts";
import { createKubeClient } from "../../agents/cluster/src/kube/client.ts";
import type { LabCluster } from "../lab/index.ts";
import { watchLines } from "../watch-lines.ts";

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
  /** @throws when it has not seen everything */
  readonly close: () => Promise<void>;
}

/** Watches from now on; resolves when the watch is open. */
export async function watchSlices(cluster: LabCluster, namespace: string): Promise<SliceWatch> {
  const client = createKubeClient(await kubeconfigAccess(cluster.kubeconfig));
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const writes: SliceWrite[] = [];
  const watch = await watchLines({ client, path }, (line, atMs) => {
    writes.push(toWrite(JSON.parse(line) as SliceEvent, performance.timeOrigin + atMs));
  });
  const close = async (): Promise<void> => {
    await watch.close();
    await client.close();
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
