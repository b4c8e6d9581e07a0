// The floor of a cold import: reads every Service and its EndpointSlice from one API server and creates both in the other,
// so many at once as an agent writes; no hub, no merge, no conditions, no ServiceImport. A process of its own.
// Arguments: the two kubeconfigs and the namespace.

import { kubeconfigAccess } from "../../agents/cluster/src/kube/auth.ts";
import { createKubeClient } from "../../agents/cluster/src/kube/client.ts";
import { isOwned } from "../../agents/cluster/src/kube/ownership.ts";
import { collections, inParallel } from "./exports.ts";

interface Copied {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}
interface Service extends Copied {
  readonly spec: { readonly ports: unknown };
}
interface Slice extends Copied {
  readonly addressType: unknown;
  readonly endpoints: unknown;
  readonly ports: unknown;
}

const [from = "", to = "", namespace = ""] = process.argv.slice(2);
const source = createKubeClient(await kubeconfigAccess(from));
const target = createKubeClient(await kubeconfigAccess(to));

const list = async <T>(collection: string) =>
  ((await source.request("GET", collection)) as { items: readonly T[] }).items;
const [services, slices] = await Promise.all([
  list<Service>(collections.services(namespace)),
  list<Slice>(collections.slices(namespace)),
]);
const sliceOfService = new Map(
  slices.map((slice) => [slice.metadata.labels?.["kubernetes.io/service-name"], slice]),
);

const metadataOf = ({ metadata: { name, labels } }: Copied) => ({
  name: `mirror-${name}`,
  namespace,
  labels,
});
// Not what an agent made of the exports in their own cluster.
const copied = services.filter(
  ({ metadata: { name, labels = {} } }) => sliceOfService.has(name) && !isOwned({ labels, annotations: {} }),
);
await inParallel(copied.length, async (index) => {
  const service = copied[index];
  const slice = sliceOfService.get(service?.metadata.name);
  if (service === undefined || slice === undefined) return;
  await target.request("POST", collections.services(namespace), {
    body: {
      apiVersion: "v1",
      kind: "Service",
      metadata: metadataOf(service),
      spec: { ports: service.spec.ports },
    },
  });
  const { addressType, endpoints, ports } = slice;
  await target.request("POST", collections.slices(namespace), {
    body: {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: metadataOf(slice),
      addressType,
      endpoints,
      ports,
    },
  });
});
await Promise.all([source.close(), target.close()]);
