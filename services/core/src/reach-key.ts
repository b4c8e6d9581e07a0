// How the key of a reach entry is made of a service and a node, and which services have reach without an
// export. Service names hold no slash, so the first one parts the key.

/** The namespace that Sealane itself runs in, in every cluster. */
export const meshNamespace = "sealane-system";

/** The Service of the cluster's DNS for the mesh: routed like an export without being one. */
export const meshDnsService = "mesh-dns";

/** The key of the pods of a service on a node. */
export function reachKey(service: string, node: string): string {
  return `${service}/${node}`;
}

/** The service and the node of a key; the node is empty when the key names none. */
export function splitReachKey(key: string): { readonly service: string; readonly node: string } {
  const slash = key.indexOf("/");
  return slash < 0
    ? { service: key, node: "" }
    : { service: key.slice(0, slash), node: key.slice(slash + 1) };
}

/** Whether this is the cluster's mesh-dns. */
export function isMeshDns(namespace: string, service: string): boolean {
  return namespace === meshNamespace && service === meshDnsService;
}
