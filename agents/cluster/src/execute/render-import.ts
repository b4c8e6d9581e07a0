// The ServiceImport and the derived Service of one imported service, as the API server should have them. Pure.

import type { DesiredImport, ExportPort, MergedService } from "@sealane/core";
import { sameValue } from "@sealane/core";
import { list, record } from "../kube/door.ts";
import type { Json } from "../kube/door.ts";
import { ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import { apiVersion, resources } from "../kube/resource.ts";
import { besideOthers, exportedRecord, importKeys } from "./beside-others.ts";
import { importAnnotation, serviceKeys } from "./parse-own.ts";
import type { DerivedService, ServiceImport } from "./parse-own.ts";

/** IP family as Services name it. */
export type IpFamily = "IPv4" | "IPv6";

/** A body to write. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: Json;
}

const everyFamily: readonly IpFamily[] = ["IPv4", "IPv6"];

/** Annotation of a ServiceImport: the Service whose address it shows. For people. */
const derivedServiceAnnotation = "sealane.dev/derived-service";

/** The families of the derived Service: the merged service's that this cluster has, in its order. */
export function derivedFamilies(
  service: MergedService,
  clusterFamilies: readonly IpFamily[],
): readonly IpFamily[] {
  return service.ipFamilies.filter((family): family is IpFamily =>
    clusterFamilies.some((each) => each === family),
  );
}

/**
 * The families of a derived Service that has, or had, these: those that the merged service still has stay first and in
 * their order, whatever the cluster's ranges say of them; then come those that it gained.
 */
export function keptFamilies(
  held: readonly string[],
  service: MergedService,
  clusterFamilies: readonly IpFamily[],
): readonly IpFamily[] {
  const { ipFamilies } = service;
  const kept = everyFamily.filter(
    (family) => held.includes(family) && (ipFamilies.length === 0 || ipFamilies.includes(family)),
  );
  const order = kept.toSorted((a, b) => held.indexOf(a) - held.indexOf(b));
  return [...order, ...derivedFamilies(service, clusterFamilies).filter((family) => !kept.includes(family))];
}

/** A new derived Service. `addresses` are asked for again when the import had them before. */
export function derivedServiceManifest(
  desired: DesiredImport,
  derivedName: string,
  families: readonly IpFamily[],
  addresses: readonly string[],
): Manifest {
  return {
    apiVersion: apiVersion(resources.services),
    kind: resources.services.kind,
    metadata: {
      namespace: desired.namespace,
      name: derivedName,
      labels: { ...ownedLabels },
      annotations: { ...ownedAnnotations, [importAnnotation]: desired.name },
    },
    spec: {
      type: "ClusterIP",
      ...derivedPolicies(desired),
      ...familyFields(families),
      ...(addresses.length > 0 ? { clusterIP: addresses[0], clusterIPs: addresses } : {}),
    },
  };
}

/**
 * The derived Service as it should be, made of what it is, or undefined when it is so already. `families` begin with
 * its first one, which stays with its address for its life; a second one comes and goes. No families: they stay.
 */
export function derivedServiceUpdate(
  held: DerivedService,
  desired: DesiredImport,
  wantedFamilies: readonly IpFamily[],
): Manifest | undefined {
  const rest = Object.fromEntries(Object.entries(held.spec).filter(([field]) => !neverOurs.has(field)));
  const spec: Json = {
    ...rest,
    type: "ClusterIP",
    ...derivedPolicies(desired),
    ...(wantedFamilies.length === 0 || sameValue(wantedFamilies, held.ipFamilies)
      ? {}
      : {
          ...familyFields(wantedFamilies),
          clusterIPs: held.clusterAddresses.slice(0, wantedFamilies.length),
        }),
  };
  const annotated = { ...ownedAnnotations, [importAnnotation]: desired.name };
  const { labels, annotations } = besideOthers(
    held,
    { labels: ownedLabels, annotations: annotated },
    serviceKeys,
  );
  if (
    sameValue(withoutDefaults(spec), withoutDefaults(held.spec)) &&
    sameValue(labels, held.labels) &&
    sameValue(annotations, held.annotations)
  ) {
    return undefined;
  }
  const metadata = { namespace: held.namespace, name: held.name, labels, annotations };
  return { apiVersion: apiVersion(resources.services), kind: resources.services.kind, metadata, spec };
}

/**
 * Fields that a person can add to a derived Service: those that would change where it leads, then those of other types,
 * of which the API server refuses some to a ClusterIP.
 */
const neverOurs: ReadonlySet<string> = new Set([
  "selector",
  "externalIPs",
  "publishNotReadyAddresses",
  "trafficDistribution",
  "externalName",
  "externalTrafficPolicy",
  "healthCheckNodePort",
  "allocateLoadBalancerNodePorts",
  "loadBalancerClass",
  "loadBalancerIP",
  "loadBalancerSourceRanges",
]);

/** The ServiceImport as it should be. `derived` is absent when headless, or while no address could be had. */
export function importManifest(desired: DesiredImport, derived: DerivedService | undefined): Manifest {
  const { service } = desired;
  return {
    apiVersion: apiVersion(resources.serviceImports),
    kind: resources.serviceImports.kind,
    metadata: {
      namespace: desired.namespace,
      name: desired.name,
      labels: { ...service.labels, ...ownedLabels },
      annotations: {
        ...service.annotations,
        ...ownedAnnotations,
        ...(derived === undefined ? {} : { [derivedServiceAnnotation]: derived.name }),
      },
    },
    spec: {
      type: service.type,
      ports: service.ports.map(portFields),
      ...(derived === undefined
        ? { ipFamilies: service.ipFamilies }
        : { ips: derived.clusterAddresses, ipFamilies: derived.ipFamilies }),
      sessionAffinity: service.sessionAffinity,
      ...affinityConfig(service),
      internalTrafficPolicy: service.internalTrafficPolicy,
      ...(service.trafficDistribution === "" ? {} : { trafficDistribution: service.trafficDistribution }),
    },
  };
}

/** The manifest beside what others put on the held ServiceImport, and with a record of what came with the export. */
export function besideHeld(
  held: ServiceImport | undefined,
  wanted: Manifest,
  service: MergedService,
): Manifest {
  const { labels, annotations } = wanted.metadata;
  const named = { labels, annotations: { ...annotations, ...exportedRecord(service) } };
  const both = held === undefined ? named : besideOthers(held, named, importKeys(held));
  return { ...wanted, metadata: { ...wanted.metadata, ...both } };
}

/** Fields of a ServiceImport's spec, and of its ports, in the release of the API that we speak. */
const importFields: ReadonlySet<string> = new Set([
  "ports",
  "type",
  "ips",
  "ipFamilies",
  "sessionAffinity",
  "sessionAffinityConfig",
  "internalTrafficPolicy",
  "trafficDistribution",
]);
const importPortFields: ReadonlySet<string> = new Set(["name", "protocol", "port", "appProtocol"]);

/**
 * Whether the held ServiceImport is already as the manifest says. Fields of a newer release are nobody's edit;
 * `dropped` are those that the installed definition does not keep.
 */
export function isImportAsWanted(
  held: ServiceImport,
  wanted: Manifest,
  dropped: ReadonlySet<string>,
): boolean {
  const kept = Object.fromEntries(Object.entries(wanted.spec).filter(([field]) => !dropped.has(field)));
  return (
    sameValue(knownSpec(held.spec), kept) &&
    sameValue(held.labels, wanted.metadata.labels) &&
    sameValue(held.annotations, wanted.metadata.annotations)
  );
}

/** The manifest with what a newer release has beside it. */
export function withNewerFields(held: ServiceImport, wanted: Manifest): Manifest {
  const newer = Object.entries(held.spec).filter(([field]) => !importFields.has(field));
  return { ...wanted, spec: { ...Object.fromEntries(newer), ...wanted.spec } };
}

function knownSpec(spec: Json): Json {
  const pick = (value: Json, known: ReadonlySet<string>): Json =>
    Object.fromEntries(Object.entries(value).filter(([field]) => known.has(field)));
  const ports = list(spec["ports"], "spec.ports").map((port, index) =>
    pick(record(port, `spec.ports[${index}]`), importPortFields),
  );
  return { ...pick(spec, importFields), ports };
}

function derivedPolicies({ ports, service }: DesiredImport): Json {
  return {
    // Nothing reads targetPort of a Service without selector; the API server sets it to the port.
    ports: ports.map((port) => ({ ...portFields(port), targetPort: port.port })),
    sessionAffinity: service.sessionAffinity,
    sessionAffinityConfig: affinityConfig(service)["sessionAffinityConfig"],
    internalTrafficPolicy: "Cluster",
  };
}

function familyFields(families: readonly IpFamily[]): Json {
  return { ipFamilyPolicy: families.length > 1 ? "PreferDualStack" : "SingleStack", ipFamilies: families };
}

function affinityConfig({
  sessionAffinity,
  sessionAffinityTimeoutSeconds: timeoutSeconds,
}: MergedService): Json {
  return sessionAffinity === "ClientIP" ? { sessionAffinityConfig: { clientIP: { timeoutSeconds } } } : {};
}

function portFields({ name, protocol, port, appProtocol }: ExportPort): Json {
  return {
    ...(name === "" ? {} : { name }),
    protocol,
    port,
    ...(appProtocol === "" ? {} : { appProtocol }),
  };
}

/** JSON as it travels: fields that are undefined are not there. */
function withoutDefaults(spec: Json): Json {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
}
