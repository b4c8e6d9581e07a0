// Which API resources the agent speaks of, and their paths. Owns spelling; refuses any request.

/** One kind of object as the API server serves it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

function resource(
  group: string,
  version: string,
  kind: string,
  plural: string,
  scope: "namespaced" | "cluster",
): Resource {
  return { group, version, kind, plural, namespaced: scope === "namespaced" };
}

/** Every resource that the agent reads or writes. */
export const resources = {
  nodes: resource("", "v1", "Node", "nodes", "cluster"),
  namespaces: resource("", "v1", "Namespace", "namespaces", "cluster"),
  services: resource("", "v1", "Service", "services", "namespaced"),
  configMaps: resource("", "v1", "ConfigMap", "configmaps", "namespaced"),
  secrets: resource("", "v1", "Secret", "secrets", "namespaced"),
  endpointSlices: resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "namespaced"),
  serviceExports: resource(
    "multicluster.x-k8s.io",
    "v1beta1",
    "ServiceExport",
    "serviceexports",
    "namespaced",
  ),
  serviceImports: resource(
    "multicluster.x-k8s.io",
    "v1beta1",
    "ServiceImport",
    "serviceimports",
    "namespaced",
  ),
  customResourceDefinitions: resource(
    "apiextensions.k8s.io",
    "v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
    "cluster",
  ),
  clusterProperties: resource("about.k8s.io", "v1beta1", "ClusterProperty", "clusterproperties", "cluster"),
  serviceCidrs: resource("networking.k8s.io", "v1", "ServiceCIDR", "servicecidrs", "cluster"),
  ipAddresses: resource("networking.k8s.io", "v1", "IPAddress", "ipaddresses", "cluster"),
  leases: resource("coordination.k8s.io", "v1", "Lease", "leases", "namespaced"),
  events: resource("events.k8s.io", "v1", "Event", "events", "namespaced"),
} as const satisfies Record<string, Resource>;

/** `v1` or `group/version`, as manifests write it. */
export function apiVersion(r: Resource): string {
  return r.group === "" ? r.version : `${r.group}/${r.version}`;
}

/** `kind.group` of a resource as RBAC and error messages name it: `endpointslices.discovery.k8s.io`. */
export function resourceName(r: Resource): string {
  return r.group === "" ? r.plural : `${r.plural}.${r.group}`;
}

/** What a deletion says, so that it meets the object that was seen and no other that took its name since. */
export function deleteOptions(uid: string): object {
  return { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid }, propagationPolicy: "Background" };
}

/** Path of a collection; without a namespace, of all namespaces. */
export function collectionPath(r: Resource, namespace?: string): string {
  const root = r.group === "" ? `/api/${r.version}` : `/apis/${r.group}/${r.version}`;
  return namespace === undefined || namespace === ""
    ? `${root}/${r.plural}`
    : `${root}/namespaces/${namespace}/${r.plural}`;
}

/** Path of one object, or of one of its subresources. */
export function objectPath(r: Resource, namespace: string, name: string, subresource?: "status"): string {
  const path = `${collectionPath(r, r.namespaced ? namespace : undefined)}/${name}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
