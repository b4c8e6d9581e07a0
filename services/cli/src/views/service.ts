// A merged service as the command line shows it.

import type { admin } from "@sealane/wire";
import type { Kind } from "../print/document.ts";
import type { TableOptions } from "../print/table.ts";
import { list } from "../print/table.ts";
import { exportedEndpoints, orNull, protocol, serviceType } from "./words.ts";

/** What the hub decided about one cluster's export. */
export interface Export {
  readonly cluster: string;
  readonly accepted: boolean;
  /** From the closed list; null when accepted. */
  readonly reason: string | null;
  readonly conflicts: readonly string[];
  readonly message: string;
}

/** One item of a ServiceList. What the merge decides is null when every export was refused. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly type: "ClusterSetIP" | "Headless" | "unknown" | null;
  /** The cluster whose export is the oldest and decides. */
  readonly owner: string | null;
  readonly ipFamilies: readonly string[];
  readonly sessionAffinity: string | null;
  readonly ports: readonly {
    readonly name: string;
    readonly protocol: string;
    readonly port: number;
    readonly appProtocol: string | null;
  }[];
  readonly exporters: readonly {
    readonly cluster: string;
    readonly clusterAddresses: readonly string[];
    readonly ports: readonly string[];
    /** What other clusters import: its pods, or its Service's addresses. */
    readonly endpoints: "pods" | "vip" | "unknown";
  }[];
  /** Sorted by cluster. */
  readonly exports: readonly Export[];
  readonly pods: { readonly ready: number; readonly total: number };
}

/** From the admin message. */
export function toService(info: admin.ServiceInfo): Service {
  const merged = info.service;
  return {
    namespace: info.namespace,
    name: info.name,
    type: merged === undefined ? null : serviceType(merged.type),
    owner: merged?.owner ?? null,
    ipFamilies: merged?.ipFamilies ?? [],
    sessionAffinity: merged?.sessionAffinity ?? null,
    ports: (merged?.ports ?? []).map((port) => ({
      name: port.name,
      protocol: protocol(port.protocol),
      port: port.port,
      appProtocol: orNull(port.appProtocol),
    })),
    exporters: (merged?.exporters ?? []).map(({ cluster, clusterAddresses, ports, endpoints }) => ({
      cluster,
      clusterAddresses,
      ports,
      endpoints: exportedEndpoints(endpoints),
    })),
    exports: Object.entries(info.exports)
      .map(([cluster, { accepted, reason, conflicts, message }]) => ({
        cluster,
        accepted,
        reason: orNull(reason),
        conflicts,
        message,
      }))
      .toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1)),
    pods: { ready: info.ready, total: info.pods },
  };
}

/** Of `get services`. */
export const serviceKind: Kind<Service> = {
  word: "service",
  document: "ServiceList",
  name: (it) => `${it.namespace}/${it.name}`,
  columns: [
    { title: "NAME", cell: (it) => `${it.namespace}/${it.name}` },
    { title: "TYPE", cell: (it) => it.type ?? "refused", tone: (it) => (it.type === null ? "bad" : "plain") },
    {
      title: "CLUSTERS",
      cell: (it, options) =>
        list(
          it.exporters.map(({ cluster }) => cluster),
          options,
        ),
    },
    {
      title: "READY",
      cell: (it) => `${it.pods.ready}/${it.pods.total}`,
      tone: (it) => (it.pods.ready === 0 ? "bad" : "plain"),
    },
    {
      title: "PORTS",
      cell: (it, options) =>
        list(
          it.ports.map(({ port, protocol: transport }) => `${port}/${transport}`),
          options,
        ),
    },
    { title: "OWNER", wide: true, cell: (it) => it.owner ?? "" },
    {
      title: "ADDRESSES",
      wide: true,
      cell: (it) => it.exporters.flatMap(({ clusterAddresses }) => clusterAddresses).join(","),
    },
    {
      title: "REASON",
      cell: reasonOf,
      tone: (it) => (it.exports.some(({ accepted }) => !accepted) ? "bad" : "unsure"),
    },
  ],
};

/** `b:NamespaceNotAllowed`, or `b:PortConflict` for an accepted export that lost a port. */
function reasonOf(service: Service, options: TableOptions): string {
  const reasons = service.exports.flatMap(({ cluster, reason, conflicts }) =>
    [...(reason === null ? [] : [reason]), ...conflicts].map((word) => `${cluster}:${word}`),
  );
  return list(reasons, options);
}
