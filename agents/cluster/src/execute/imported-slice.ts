// EndpointSlices that imports are made of: between the API server's objects and the core's values. Pure.

import type { DesiredImport, Slice } from "@sealane/core";
import { sameValue } from "@sealane/core";
import { list, parseObject, record } from "../kube/door.ts";
import type { Json, Parse } from "../kube/door.ts";
import { ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import { apiVersion, resources } from "../kube/resource.ts";
import { parseEndpointSlice, serviceNameLabel } from "../observe/parse-endpoint-slice.ts";
import { besideOthers, ourKeys, oursOf } from "./beside-others.ts";
import type { Named } from "./beside-others.ts";
import type { Owned } from "./own-kind.ts";

/** Labels of KEP-1645. */
const importLabel = "multicluster.kubernetes.io/service-name";
const sourceClusterLabel = "multicluster.kubernetes.io/source-cluster";

const managerLabel = "endpointslice.kubernetes.io/managed-by";

/** Keys that are ours on a slice, whether it has them or not. */
const sliceKeys = ourKeys({ labels: [importLabel, sourceClusterLabel, managerLabel, serviceNameLabel] });

/** `own`: each endpoint that has a zone is hinted at that zone, so that clients there prefer it. */
export type ZoneHints = "own" | "none";

/** A slice of ours. */
export interface ImportedSlice extends Owned {
  /** The ServiceImport that it belongs to; empty when it belongs to none. */
  readonly importName: string;
  readonly slice: Slice;
  /** Which endpoints carry a hint for their own zone, and for no other: those that have a zone, or none at all. */
  readonly hints: ZoneHints | "other";
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
    hints: hintsOf(list(root["endpoints"], "endpoints")),
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
  /** Whether clients are to prefer endpoints of their zone: `spec.trafficDistribution` asks for it. */
  readonly hints: ZoneHints;
}

/** Where the slices of an import belong; `derivedName` is what its derived Service is called when it has one. */
export function sliceOwnerOf({ namespace, name, service }: DesiredImport, derivedName: string): SliceOwner {
  return {
    namespace,
    importName: name,
    derivedName: service.type === "Headless" ? "" : derivedName,
    hints: service.trafficDistribution === "" ? "none" : "own",
  };
}

/** The body to write, beside what others put on the slice that is held. */
export function sliceManifest(
  owner: SliceOwner,
  slice: Slice,
  held?: ImportedSlice,
): { readonly metadata: object } {
  return {
    apiVersion: apiVersion(resources.endpointSlices),
    kind: resources.endpointSlices.kind,
    metadata: {
      namespace: owner.namespace,
      name: slice.name,
      ...sliceNamed(owner, slice.cluster, held),
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
      ...(zone === "" || owner.hints === "none" ? {} : { hints: { forZones: [{ name: zone }] } }),
    })),
  } as { readonly metadata: object };
}

/** Whether what surrounds the endpoints is as we write it. */
export function isFramedAsWanted(held: ImportedSlice, owner: SliceOwner): boolean {
  const hints = held.slice.endpoints.some(({ zone }) => zone !== "") ? owner.hints : "none";
  const { labels, annotations } = sliceNamed(owner, held.slice.cluster, held);
  return (
    !held.tampered &&
    held.hints === hints &&
    sameValue(held.labels, labels) &&
    sameValue(held.annotations, annotations)
  );
}

function sliceNamed(
  { importName, derivedName }: SliceOwner,
  cluster: string,
  held: ImportedSlice | undefined,
): Named {
  const labels = {
    ...ownedLabels,
    [importLabel]: importName,
    [sourceClusterLabel]: cluster,
    [managerLabel]: "sealane.dev",
    ...(derivedName === "" ? {} : { [serviceNameLabel]: derivedName }),
  };
  return besideOthers(held, { labels, annotations: ownedAnnotations }, sliceKeys);
}

/** What we write of a slice, as people see it. Endpoints are compared by their addresses. */
export function sliceFields(value: ImportedSlice): Json {
  const { slice, hints, tampered } = value;
  const { addressType, ports, endpoints } = slice;
  const byAddress = endpoints.map(({ address, ...rest }) => [address, rest]);
  return {
    metadata: oursOf(value, sliceKeys),
    addressType,
    ports,
    endpoints: Object.fromEntries(byAddress),
    "endpoints[].hints": hints,
    ...(tampered ? { "endpoints[].other": true } : {}),
  };
}

const written = new Set(["addresses", "conditions", "hostname", "zone", "hints"]);

function hintsOf(endpoints: readonly unknown[]): ImportedSlice["hints"] {
  const kinds = new Set(
    endpoints.map((value, index) => {
      const where = `endpoints[${index}]`;
      const { hints, zone = "" } = record(value, where);
      if (hints === undefined || hints === null) return zone === "" ? "either" : "none";
      return sameValue(hints, { forZones: [{ name: zone }] }) ? "own" : "other";
    }),
  );
  if (kinds.has("other") || (kinds.has("own") && kinds.has("none"))) return "other";
  return kinds.has("own") ? "own" : "none";
}

function isTampered(value: unknown, index: number): boolean {
  const endpoint = record(value, `endpoints[${index}]`);
  const addresses = list(endpoint["addresses"], `endpoints[${index}].addresses`);
  return addresses.length !== 1 || Object.keys(endpoint).some((key) => !written.has(key));
}
