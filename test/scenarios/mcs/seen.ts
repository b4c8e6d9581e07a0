// What the API servers show of exports, imports and slices, in the API's own fields, and waits for it to be so. Each wait
// ends with what was seen last; judges nothing else.

import { waitFor } from "../../lab/index.ts";
import { conditionMs, read } from "./pair.ts";
import type { Site } from "./pair.ts";
import type { Port } from "./objects.ts";

/** A condition of an export or an import. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/** As far as the stories read it. */
export interface ServiceExport {
  readonly metadata: { readonly uid: string; readonly creationTimestamp: string };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** As far as the stories read it. */
export interface ServiceImport {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly type: string;
    readonly ports: readonly Omit<Port, "targetPort">[];
    readonly ips?: readonly string[];
    readonly ipFamilies?: readonly string[];
    readonly sessionAffinity?: string;
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
    readonly internalTrafficPolicy?: string;
    readonly trafficDistribution?: string;
  };
  readonly status?: {
    readonly clusters?: readonly { readonly cluster: string }[];
    readonly conditions?: readonly Condition[];
    readonly endpointSliceObjects?: string;
  };
}

/** As far as the stories read it. */
export interface EndpointSlice {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly addressType: "IPv4" | "IPv6";
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
    readonly hostname?: string;
  }[];
  readonly ports?: readonly { readonly name?: string; readonly protocol?: string; readonly port?: number }[];
}

/** The import of a Service, if there is one. */
export function readImport(site: Site, namespace: string, name: string): Promise<ServiceImport | undefined> {
  return read<ServiceImport>(site, "ServiceImport", namespace, name);
}

/** Waits for an import of which this holds. */
export function waitForImport(
  site: Site,
  namespace: string,
  name: string,
  holds: (seen: ServiceImport) => boolean = () => true,
): Promise<ServiceImport> {
  const what = `ServiceImport "${name}" in ${site.name} to be as it should be`;
  return lastSeen(what, () => readImport(site, namespace, name), holds);
}

/** Waits until there is no import of this name; gives "gone". */
export function waitForNoImport(site: Site, namespace: string, name: string): Promise<unknown> {
  const what = `ServiceImport "${name}" in ${site.name} to go`;
  const look = async () => (await readImport(site, namespace, name)) ?? "gone";
  return lastSeen(what, look, (seen) => seen === "gone");
}

/** Waits until a condition of an export has this status, and gives it. */
export async function waitForCondition(
  site: Site,
  namespace: string,
  name: string,
  type: "Valid" | "Ready" | "Conflict",
  status: Condition["status"],
): Promise<Condition> {
  const conditions = async () =>
    (await read<ServiceExport>(site, "ServiceExport", namespace, name))?.status?.conditions;
  const of = (seen: readonly Condition[]) => seen.find((each) => each.type === type);
  const what = `${type}=${status} on ServiceExport "${name}" in ${site.name}`;
  const seen = await lastSeen(what, conditions, (each) => of(each)?.status === status);
  return of(seen) as Condition;
}

/** The slices that belong to an import. */
export async function importedSlices(
  site: Site,
  namespace: string,
  name: string,
): Promise<readonly EndpointSlice[]> {
  const { items } = (await site.api.request(
    "GET",
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    { query: { labelSelector: `multicluster.kubernetes.io/service-name=${name}` } },
  )) as { readonly items: readonly EndpointSlice[] };
  return items;
}

/** Waits until this holds of the slices of an import. */
export function waitForSlices(
  site: Site,
  namespace: string,
  name: string,
  holds: (seen: readonly EndpointSlice[]) => boolean,
): Promise<readonly EndpointSlice[]> {
  const what = `EndpointSlices of "${name}" in ${site.name} to be as they should be`;
  return lastSeen(what, () => importedSlices(site, namespace, name), holds);
}

/** Ports as an import shows them: without target ports, by name. */
export function plainPorts(ports: readonly Port[]): readonly Omit<Port, "targetPort">[] {
  return ports
    .map(({ name, protocol, port, appProtocol }) => ({
      name,
      protocol,
      port,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }))
    .toSorted((one, other) => one.name.localeCompare(other.name));
}

/** Looks until it holds; at the deadline the error has what was seen last. */
function lastSeen<T>(
  what: string,
  look: () => Promise<T | undefined>,
  holds: (seen: T) => boolean,
): Promise<T> {
  return waitFor({ what, timeoutMs: conditionMs }, async () => {
    const seen = await look();
    if (seen !== undefined && holds(seen)) return seen;
    throw new Error(`seen last: ${JSON.stringify(seen)}`);
  });
}
