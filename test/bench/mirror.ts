// The floor: a bare mirror with nothing in between. A raw watch on one API server, one PUT per event on the other, on
// kept-alive connections; no hub, no merge, no checks. Runs as a process of its own.
// Arguments: the two kubeconfigs and the namespace.

import { kubeconfigAccess } from "../../agents/cluster/src/kube/auth.ts";
import { createKubeClient } from "../../agents/cluster/src/kube/client.ts";

interface Slice {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly addressType: string;
  readonly endpoints: unknown;
  readonly ports: unknown;
}

const [from = "", to = "", namespace = ""] = process.argv.slice(2);
const source = createKubeClient(await kubeconfigAccess(from));
const target = createKubeClient(await kubeconfigAccess(to));
const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;

const put = async ({ metadata, addressType, endpoints, ports }: Slice) => {
  const name = `mirror-${metadata.name}`;
  const body = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace },
    addressType,
    endpoints,
    ports,
  };
  await target.request("PUT", `${slices}/${name}`, { body });
};

const { items, metadata } = (await source.request("GET", slices)) as {
  items: Slice[];
  metadata: { resourceVersion: string };
};
for (const item of items) {
  const name = `mirror-${item.metadata.name}`;
  const body = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    ...item,
    metadata: { name, namespace },
  };
  await target.request("POST", slices, { body }).catch(() => put(item));
}

let rest = "";
const onChunk = (chunk: Buffer) => {
  const lines = (rest + chunk.toString()).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const { type, object } = JSON.parse(line) as { type: string; object: Slice };
    if (type === "MODIFIED") put(object).catch((error: unknown) => console.error(String(error)));
  }
};
const query = { watch: "true", resourceVersion: metadata.resourceVersion };
await source.stream(
  slices,
  query,
  { onOpen: () => console.log("ready"), onChunk },
  new AbortController().signal,
);
