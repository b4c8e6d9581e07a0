// EndpointSlices that imports are made of: between the API server's objects and the core's values. Pure.

import type { Slice } from "@sealane/core";
import { sameValue } from "@sealane/core";
import { list, parseObject, record } from "../kube/door.ts";
import type { Json, Parse } from "../kube/door.ts";
import { ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import { apiVersion, resources } from "../kube/resource.ts";
import { parseEndpointSlice, serviceNameLabel } from "../observe/parse-endpoint-slice.ts";
import type { Owned } from "./own-kind.ts";

/** Labels of KEP-1645. */
const importLabel = "multicluster.kubernetes.io/service-name";
const sourceClusterLabel = "multicluster.kubernetes.io/source-cluster";

/** A slice of ours. */
export interface ImportedSlice extends Owned {
  /** The ServiceImport that it belongs to; empty when it belongs to none. */
  readonly importName: string;
  readonly slice: Slice;
  /** It holds something that we never write. */
  readonly tampered: boolean;
}

/** Parses a slice of ours. @throws ObjectError */
export const parseImportedSlice: Parse<ImportedSlice> = (object) => {
  const parsed = parseEndpointSlice(object);
  return parseObject("EndpointSlice", object, ({ root, labels, annotations }) => ({
    namespace: parsed.namespace,
    name: parsed.name,
    uid: parsed.uid,
    resourceVersion: parsed.resourceVersion,
    labels,
    annotations,
    importName: labels[importLabel] ?? "",
    slice: {
      name: parsed.name,
      cluster: labels[sourceClusterLabel] ?? "",
      addressType: parsed.addressType === "IPv6" ? "IPv6" : "IPv4",
      ports: parsed.ports,
      endpoints: parsed.endpoints.map(({ address, ready, serving, terminating, hostname, zone }) => ({
        address,
        ready,
        serving,
        terminating,
        hostname,
        zone,
      })),
    },
    tampered: list(root["endpoints"], "endpoints").some(isTampered),
  }));
};

/** Where a slice belongs. */
export interface SliceOwner {
  readonly namespace: string;
  /** The ServiceImport. */
  readonly importName: string;
  /** The derived Service, or empty when the import is headless. */
  readonly derivedName: string;
}

/** The body to write. */
export function sliceManifest(owner: SliceOwner, slice: Slice): { readonly metadata: object } {
  return {
    apiVersion: apiVersion(resources.endpointSlices),
    kind: resources.endpointSlices.kind,
    metadata: {
      namespace: owner.namespace,
      name: slice.name,
      labels: sliceLabels(owner, slice.cluster),
      annotations: ownedAnnotations,
    },
    addressType: slice.addressType,
    ports: slice.ports.map(({ name, protocol, port, appProtocol }) => ({
      name,
      protocol,
      port,
      ...(appProtocol === "" ? {} : { appProtocol }),
    })),
    endpoints: slice.endpoints.map(({ address, ready, serving, terminating, hostname, zone }) => ({
      addresses: [address],
      conditions: { ready, serving, terminating },
      ...(hostname === "" ? {} : { hostname }),
      ...(zone === "" ? {} : { zone }),
    })),
  } as { readonly metadata: object };
}

/** Whether what surrounds the endpoints is as we write it. */
export function isFramedAsWanted(held: ImportedSlice, owner: SliceOwner): boolean {
  return (
    !held.tampered &&
    sameValue(held.labels, sliceLabels(owner, held.slice.cluster)) &&
    sameValue(held.annotations, ownedAnnotations)
  );
}

function sliceLabels(
  { importName, derivedName }: SliceOwner,
  cluster: string,
): Readonly<Record<string, string>> {
  return {
    ...ownedLabels,
    [importLabel]: importName,
    [sourceClusterLabel]: cluster,
    "endpointslice.kubernetes.io/managed-by": "sealane.dev",
    ...(derivedName === "" ? {} : { [serviceNameLabel]: derivedName }),
  };
}

/** What we write of a slice, as people see it. Endpoints are compared by their addresses. */
export function sliceFields({ labels, annotations, slice, tampered }: ImportedSlice): Json {
  const { addressType, ports, endpoints } = slice;
  const byAddress = endpoints.map(({ address, ...rest }) => [address, rest]);
  return {
    metadata: { labels, annotations },
    addressType,
    ports,
    endpoints: Object.fromEntries(byAddress),
    ...(tampered ? { "endpoints[].other": true } : {}),
  };
}

const written = new Set(["addresses", "conditions", "hostname", "zone"]);

function isTampered(value: unknown, index: number): boolean {
  const endpoint = record(value, `endpoints[${index}]`);
  const addresses = list(endpoint["addresses"], `endpoints[${index}].addresses`);
  return addresses.length !== 1 || Object.keys(endpoint).some((key) => !written.has(key));
}
