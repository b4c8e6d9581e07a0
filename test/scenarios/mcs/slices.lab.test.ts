// The EndpointSlices of imports, in every cluster, the exporter included: whose they are, what they hold, and that they
// go with the export.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headlessService, exported, exportOf, servers } from "./objects.ts";
import { apply, openPair, remove, waitUntilReady } from "./pair.ts";
import type { Pair, Site } from "./pair.ts";
import { waitForImport, waitForSlices } from "./seen.ts";
import type { EndpointSlice } from "./seen.ts";

const name = "server";
const serviceLabel = "multicluster.kubernetes.io/service-name";
const clusterLabel = "multicluster.kubernetes.io/source-cluster";
const managedBy = "endpointslice.kubernetes.io/managed-by";

let pair: Pair;
let namespace: string;

beforeAll(async () => {
  pair = await openPair("slices");
  namespace = pair.namespace;
  await Promise.all(
    pair.both.map((site) =>
      apply(
        site,
        servers(namespace, `server-${site.name}`, 1),
        ...exported(namespace, name),
        headlessService(namespace, "headless"),
        exportOf(namespace, "headless"),
      ),
    ),
  );
  await Promise.all(
    pair.both.map((site) => waitUntilReady(site, "Deployment", namespace, `server-${site.name}`, 1)),
  );
});

afterAll(() => pair?.close());

describe.each([{ service: name }, { service: "headless" }])("slices of $service", ({ service }) => {
  it("are in every cluster, for every exporter and IP family, with both labels and not the native controller's (C21)", async () => {
    for (const site of pair.both) {
      const { spec } = await waitForImport(site, namespace, service);
      expect(spec.ipFamilies).toEqual(["IPv4", "IPv6"]);
      const slices = await complete(site, service);
      for (const { metadata, addressType } of slices) {
        expect(metadata.labels).toMatchObject({ [serviceLabel]: service });
        expect(spec.ipFamilies).toContain(addressType);
        expect(metadata.labels[managedBy]).toBeTruthy();
        expect(metadata.labels[managedBy]).not.toBe("endpointslice-controller.k8s.io");
      }
    }
  });

  it("hold the endpoints of one cluster each: exactly that cluster's pod (MCS 37)", async () => {
    const addresses = Object.fromEntries(
      await Promise.all(pair.both.map(async (site) => [site.name, await podAddresses(site)] as const)),
    );
    for (const site of pair.both) {
      for (const slice of await complete(site, service)) {
        const source = slice.metadata.labels[clusterLabel] ?? "";
        const isOfFamily = (address: string) => address.includes(":") === (slice.addressType === "IPv6");
        expect(addressesOf(slice)).toEqual(addresses[source]?.filter(isOfFamily));
      }
    }
  });

  it("are never taken for the native ones of the Service (MCS 40)", async () => {
    for (const site of pair.both) {
      for (const { metadata } of await complete(site, service))
        expect(metadata.labels["kubernetes.io/service-name"]).not.toBe(service);
    }
  });

  it("go with the export that they came from, and the others stay (MCS 41)", async () => {
    await remove(pair.b, "ServiceExport", namespace, service);
    for (const site of pair.both) {
      const left = await waitForSlices(
        site,
        namespace,
        service,
        (slices) => !sourcesOf(slices).includes("b"),
      );
      expect(sourcesOf(left)).toEqual(["a"]);
    }
  });

  it("go everywhere with the last export (C21)", async () => {
    await remove(pair.a, "ServiceExport", namespace, service);
    for (const site of pair.both) {
      const left = await waitForSlices(site, namespace, service, (slices) => slices.length === 0);
      expect(left).toEqual([]);
    }
  });
});

/** The import's slices, once every exporter has one of each family with a ready endpoint. */
function complete(site: Site, service: string): Promise<readonly EndpointSlice[]> {
  return waitForSlices(site, namespace, service, (slices) => {
    const ready = slices.filter(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready));
    const found = ready.map(({ metadata, addressType }) => `${metadata.labels[clusterLabel]} ${addressType}`);
    return ["a IPv4", "a IPv6", "b IPv4", "b IPv6"].every((each) => found.includes(each));
  });
}

/** The clusters that slices come from, sorted. */
function sourcesOf(slices: readonly EndpointSlice[]): readonly string[] {
  return [...new Set(slices.map(({ metadata }) => metadata.labels[clusterLabel] ?? ""))].toSorted();
}

function addressesOf({ endpoints }: EndpointSlice): readonly string[] {
  return (endpoints ?? []).flatMap(({ addresses }) => addresses);
}

/** Addresses of the one server of a cluster. */
async function podAddresses({ api }: Site): Promise<readonly string[]> {
  const { items } = (await api.request("GET", `/api/v1/namespaces/${namespace}/pods`)) as {
    readonly items: readonly { readonly status: { readonly podIPs: readonly { readonly ip: string }[] } }[];
  };
  return items.flatMap(({ status }) => status.podIPs.map(({ ip }) => ip));
}
