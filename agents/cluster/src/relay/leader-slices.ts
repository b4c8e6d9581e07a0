// Where speakers find the leader: EndpointSlices of the selector-less Service `sealane-agent`, one for each family, that
// hold the underlay addresses of the leader's node.

import type { KubeClient } from "../kube/client.ts";
import { contentTypes } from "../kube/client.ts";
import { fieldManager, ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import { objectPath, resources } from "../kube/resource.ts";

const service = "sealane-agent";

/** Makes the slices say exactly these addresses. @throws KubeError */
export async function writeLeaderSlices(
  client: KubeClient,
  namespace: string,
  addresses: readonly string[],
  port: number,
): Promise<void> {
  for (const family of ["IPv4", "IPv6"] as const) {
    const own = addresses.filter((address) => address.includes(":") === (family === "IPv6"));
    const name = `${service}-${family.toLowerCase()}`;
    const body = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name,
        namespace,
        annotations: ownedAnnotations,
        labels: {
          ...ownedLabels,
          "kubernetes.io/service-name": service,
          "endpointslice.kubernetes.io/managed-by": "sealane.dev",
        },
      },
      addressType: family,
      ports: [{ name: "speakers", port, protocol: "TCP" }],
      endpoints: own.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    };
    const path = objectPath(resources.endpointSlices, namespace, name);
    const query = { fieldManager, force: "true" };
    await client.request("PATCH", path, { body, query, contentType: contentTypes.serverSideApply });
  }
}
