// The ServiceImport and the derived Service of one imported service, as the API server should have them. Pure.

import type { DesiredImport, ExportPort, MergedService } from "@sealane/core";
import { sameValue } from "@sealane/core";
import type { Json } from "../kube/door.ts";
import { ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import { apiVersion, resources } from "../kube/resource.ts";
import { importAnnotation } from "./parse-own.ts";
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
 * The derived Service as it should be, made of what it is, or undefined when it is so already. Its addresses
 * and its first family stay for its life; a second family is added when the merged service has one.
 */
export function derivedServiceUpdate(
  held: DerivedService,
  desired: DesiredImport,
  families: readonly IpFamily[],
): Manifest | undefined {
  const rest = Object.fromEntries(Object.entries(held.spec).filter(([field]) => !neverOurs.has(field)));
  const grows = held.ipFamilies.length === 1 && families.length === 2;
  const second = families.filter((family) => family !== held.ipFamilies[0]);
  const spec: Json = {
    ...rest,
    type: "ClusterIP",
    ...derivedPolicies(desired),
    ...(grows ? { ipFamilyPolicy: "PreferDualStack", ipFamilies: [...held.ipFamilies, ...second] } : {}),
  };
  const labels = { ...held.labels, ...ownedLabels };
  const annotations = { ...held.annotations, ...ownedAnnotations, [importAnnotation]: desired.name };
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

/** Fields that a person can add to a derived Service and that would change where it leads. */
const neverOurs: ReadonlySet<string> = new Set([
  "selector",
  "externalIPs",
  "publishNotReadyAddresses",
  "trafficDistribution",
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

/** Whether the held ServiceImport is already as the manifest says. */
export function isImportAsWanted(held: ServiceImport, wanted: Manifest): boolean {
  return (
    sameValue(held.spec, wanted.spec) &&
    sameValue(held.labels, wanted.metadata.labels) &&
    sameValue(held.annotations, wanted.metadata.annotations)
  );
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
