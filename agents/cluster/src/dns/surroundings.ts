// Reads what the agent must see of DNS in its cluster: mesh-dns' Service and pods, and the cluster's own
// CoreDNS where kubeadm puts it. An object that does not exist is said so; a failed read rejects.

import type { KubeClient } from "../kube/client.ts";
import { integer, list, optionalText, record, text, texts } from "../kube/door.ts";
import { hasStatus } from "../kube/error.ts";
import { collectionPath, objectPath, resources } from "../kube/resource.ts";
import type { ClusterDns, DnsSurroundings } from "./publish.ts";
import type { Replica } from "./rollout.ts";
import { versionOfImage } from "./version.ts";
import { addressProblem, sortedAddresses } from "./zone.ts";

const service = "mesh-dns";

/** Everything, read now. @throws KubeError, or ObjectError for an object that is not as its kind promises. */
export async function readSurroundings(client: KubeClient, namespace: string): Promise<DnsSurroundings> {
  const [ownAddresses, replicas, clusterDns] = await Promise.all([
    readMeshDnsAddresses(client, namespace),
    readReplicas(client, namespace),
    readClusterDns(client),
  ]);
  return { namespace, ownAddresses, replicas, clusterDns };
}

/** Addresses of the mesh-dns Service, canonical, IPv4 first; empty when there is none. @throws KubeError, ObjectError */
export function readMeshDnsAddresses(client: KubeClient, namespace: string): Promise<readonly string[]> {
  return serviceAddresses(client, namespace, service);
}

/** Canonical addresses of a Service, IPv4 first; empty when there is none or it has no address yet. */
async function serviceAddresses(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<readonly string[]> {
  const found = await readObject(client, objectPath(resources.services, namespace, name));
  const spec = record(found?.["spec"] ?? {}, "spec");
  return sortedAddresses(
    texts(spec["clusterIPs"], "spec.clusterIPs").filter((ip) => addressProblem(ip) === undefined),
  );
}

/** One for each pod that is not on its way out, by its first family: both families reach the same process. */
async function readReplicas(client: KubeClient, namespace: string): Promise<readonly Replica[]> {
  const query = { labelSelector: `kubernetes.io/service-name=${service}` };
  const found = record(
    await client.request("GET", collectionPath(resources.endpointSlices, namespace), { query }),
    "list",
  );
  const byPod = new Map<string, Replica>();
  for (const slice of list(found["items"], "items").map((item) => record(item, "item"))) {
    const port = dnsPort(slice);
    for (const endpoint of list(slice["endpoints"], "endpoints").map((each) => record(each, "endpoint"))) {
      const [address = ""] = texts(endpoint["addresses"], "addresses");
      const conditions = record(endpoint["conditions"] ?? {}, "conditions");
      if (addressProblem(address) !== undefined || conditions["terminating"] === true) continue;
      const name = optionalText(
        record(endpoint["targetRef"] ?? {}, "targetRef")["name"],
        "targetRef.name",
        address,
      );
      const known = byPod.get(name);
      if (known === undefined || known.address.includes(":")) byPod.set(name, { name, address, port });
    }
  }
  return [...byPod.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function dnsPort(slice: Readonly<Record<string, unknown>>): number {
  for (const each of list(slice["ports"], "ports").map((port) => record(port, "port"))) {
    if (optionalText(each["name"], "port.name") === "dns") return integer(each["port"], "port.port");
  }
  return 53;
}

/** kubeadm's objects: ConfigMap and Deployment `coredns`, Service `kube-dns`, in `kube-system`. */
async function readClusterDns(client: KubeClient): Promise<ClusterDns> {
  const namespace = "kube-system";
  const [image, addresses] = await Promise.all([
    clusterDnsImage(client, namespace),
    serviceAddresses(client, namespace, "kube-dns"),
  ]);
  return {
    configMap: { namespace, name: "coredns" },
    version: versionOfImage(image),
    addresses,
  };
}

/** Empty when there is no such Deployment, or it is nobody's business here. */
async function clusterDnsImage(client: KubeClient, namespace: string): Promise<string> {
  try {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/coredns`;
    const deployment = await readObject(client, path);
    return deployment === undefined ? "" : imageOf(deployment);
  } catch (error) {
    if (hasStatus(error, 403)) return "";
    throw error;
  }
}

function imageOf(deployment: Readonly<Record<string, unknown>>): string {
  const template = record(record(deployment["spec"], "spec")["template"], "spec.template");
  const containers = list(record(template["spec"], "spec.template.spec")["containers"], "containers");
  const parsed = containers.map((each) => record(each, "container"));
  const named = parsed.find((each) => each["name"] === "coredns") ?? parsed[0];
  return named === undefined ? "" : text(named["image"], "container.image");
}

async function readObject(
  client: KubeClient,
  path: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return record(await client.request("GET", path), "object");
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}
