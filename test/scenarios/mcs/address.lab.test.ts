// An export that offers its Service's address instead of its pods: what others import of it, that packets arrive, and that
// its last ready pod and nothing before it counts.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../lab/index.ts";
import { families, fetchFromPod } from "../story.ts";
import { exportOf, servers, service } from "./objects.ts";
import type { Manifest } from "./objects.ts";
import { apply, conditionMs, openPair, read, waitUntilReady } from "./pair.ts";
import type { Pair, Site } from "./pair.ts";
import { waitForImport, waitForSlices } from "./seen.ts";
import type { EndpointSlice } from "./seen.ts";

const name = "desk";
const port = { name: "http", protocol: "TCP", port: 8042, targetPort: 42 } as const;

let pair: Pair;
let namespace: string;
/** The exporter's own addresses, sorted. */
let addresses: readonly string[];

beforeAll(async () => {
  pair = await openPair("address");
  namespace = pair.namespace;
  await apply(
    pair.a,
    servers(namespace, "server-a", 2),
    service(namespace, name, { ports: [port] }),
    atAddress(),
  );
  await waitUntilReady(pair.a, "Deployment", namespace, "server-a", 2);
  const seen = await read<{ spec: { clusterIPs: string[] } }>(pair.a, "Service", namespace, name);
  addresses = seen?.spec.clusterIPs.toSorted() ?? [];
});

afterAll(() => pair?.close());

describe("a Service that is exported as an address", () => {
  it("is one ready endpoint for each family elsewhere, at the Service's own port", async () => {
    const slices = await waitForSlices(pair.b, namespace, name, (seen) => isAddressAlone(seen, true));
    for (const { ports } of slices) expect(ports).toMatchObject([{ name: port.name, port: port.port }]);
    const { spec } = await waitForImport(pair.b, namespace, name);
    expect(spec.ports).toMatchObject([{ name: port.name, port: port.port }]);
  });

  it("is its pods at home", async () => {
    const slices = await waitForSlices(pair.a, namespace, name, (seen) => endpointsOf(seen).length === 4);
    expect(endpointsOf(slices).filter((each) => addresses.includes(each.address))).toEqual([]);
    for (const { ports } of slices) expect(ports).toMatchObject([{ port: port.targetPort }]);
  });

  it.each(families)("answers over $network in both clusters, by every pod of it", async ({ network }) => {
    const url = `http://${name}.${namespace}.svc.clusterset.local:${port.port}/`;
    for (const { name: asking, cluster } of pair.both) {
      // kube-proxy writes its rules at most once a second.
      const what = `answers from both pods at ${url} over ${network} in ${asking}`;
      await waitUntil({ what, timeoutMs: conditionMs, intervalMs: 200 }, async () => {
        const pods = (await fetchFromPod(cluster, network, url, 40)).map(({ pod }) => pod);
        return new Set(pods).size === 2;
      });
    }
  });

  it("loses its endpoints with the last ready pod alone, and has them again with the first", async () => {
    const before = await waitForSlices(pair.b, namespace, name, (seen) => isAddressAlone(seen, true));
    await scale(pair.a, 1);
    expect(await waitForSlices(pair.b, namespace, name, () => true)).toEqual(before);
    await scale(pair.a, 0);
    await waitForSlices(pair.b, namespace, name, (seen) => endpointsOf(seen).every(({ ready }) => !ready));
    await scale(pair.a, 1);
    await waitForSlices(pair.b, namespace, name, (seen) => isAddressAlone(seen, true));
  });
});

function atAddress(): Manifest {
  const { metadata, ...rest } = exportOf(namespace, name);
  return { ...rest, metadata: { ...metadata, annotations: { "sealane.dev/endpoints": "vip" } } };
}

/** With its pods: as many as wanted, ready, and known to the exporting cluster's own import. */
async function scale(site: Site, replicas: number): Promise<void> {
  await apply(site, servers(namespace, "server-a", replicas));
  if (replicas > 0) await waitUntilReady(site, "Deployment", namespace, "server-a", replicas);
  await waitForSlices(site, namespace, name, (seen) => {
    return endpointsOf(seen).filter(({ ready }) => ready).length === replicas * addresses.length;
  });
}

function endpointsOf(slices: readonly EndpointSlice[]) {
  return slices.flatMap(({ endpoints = [] }) =>
    endpoints.flatMap((each) =>
      each.addresses.map((address) => ({ address, ready: each.conditions?.ready !== false })),
    ),
  );
}

function isAddressAlone(slices: readonly EndpointSlice[], ready: boolean): boolean {
  const wanted = addresses.map((address) => ({ address, ready }));
  const found = endpointsOf(slices).toSorted((one, other) => (one.address < other.address ? -1 : 1));
  return JSON.stringify(found) === JSON.stringify(wanted);
}
