// What pods learn from DNS about exported Services, asked at their cluster's own DNS, and what they must not learn.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serviceAddresses } from "../story.ts";
import { ask, waitForRecords } from "./asked.ts";
import type { DnsAnswer, RecordType } from "./asked.ts";
import { exported, exportOf, headlessService, namedServers, servers } from "./objects.ts";
import { apply, openPair, waitUntilReady } from "./pair.ts";
import type { Pair } from "./pair.ts";
import { importedSlices, waitForImport } from "./seen.ts";
import type { EndpointSlice } from "./seen.ts";

const replicas = 2;
const nxdomain: DnsAnswer = { status: "NXDOMAIN", records: [] };
const nodata: DnsAnswer = { status: "NOERROR", records: [] };
const types = [
  { type: "A", addressType: "IPv4" },
  { type: "AAAA", addressType: "IPv6" },
] as const;

let pair: Pair;
let namespace: string;

beforeAll(async () => {
  pair = await openPair("names");
  namespace = pair.namespace;
  await apply(
    pair.a,
    ...exported(namespace, "server"),
    servers(namespace, "server-a", replicas),
    ...[headlessService(namespace, "pods"), exportOf(namespace, "pods")],
    ...[headlessService(namespace, "named", { selector: { app: "named" } }), exportOf(namespace, "named")],
    namedServers(namespace, "named", replicas),
    ...[headlessService(namespace, "empty", { selector: { app: "nobody" } }), exportOf(namespace, "empty")],
  );
  await Promise.all([
    waitUntilReady(pair.a, "Deployment", namespace, "server-a", replicas),
    waitUntilReady(pair.a, "StatefulSet", namespace, "named", replicas),
  ]);
  // From here on everything is there that was asked for, so each test asks once.
  await Promise.all(
    pair.both.map(async (site) => {
      await waitForImport(site, namespace, "empty", ({ spec }) => spec.type === "Headless");
      for (const { type } of types) {
        await waitForRecords(site, setName("server"), type, 1);
        for (const service of ["pods", "named"]) await waitForRecords(site, setName(service), type, replicas);
      }
    }),
  );
});

afterAll(() => pair?.close());

describe("a Service with an address", () => {
  it("has its import's addresses in each cluster, by family (C22)", async () => {
    for (const site of pair.both) {
      const { spec } = await waitForImport(site, namespace, "server");
      for (const { type, addressType } of types)
        expect(await ask(site, setName("server"), type)).toEqual(found(ofFamily(spec.ips, addressType)));
    }
  });

  it("has exactly one SRV record, although two protocols share the number (C23)", async () => {
    const record = srv(42, setName("server"));
    expect(await askBoth(setName("server"), "SRV")).toEqual([found([record]), found([record])]);
  });

  it("has an SRV record for each named port, and for no other (MCS 48)", async () => {
    const record = srv(42, setName("server"));
    for (const port of ["_tcp._tcp", "_udp._udp"])
      expect(await askBoth(setName(`${port}.server`), "SRV")).toEqual([found([record]), found([record])]);
    expect(await askBoth(setName("_tcp._udp.server"), "SRV")).toEqual([nxdomain, nxdomain]);
  });

  it("keeps its own cluster's name and address (C24)", async () => {
    const own = await serviceAddresses(pair.a.cluster, "server", namespace);
    expect(own).toHaveLength(2);
    for (const { type, addressType } of types) {
      const local = await ask(pair.a, `server.${namespace}.svc.cluster.local`, type);
      expect(local).toEqual(found(ofFamily(own, addressType)));
    }
  });

  it("has an empty answer, not none, for a type that it lacks (MCS 47)", async () => {
    expect(await askBoth(setName("server"), "TXT")).toEqual([nodata, nodata]);
  });

  it("has no name for one cluster's part of it (MCS 53)", async () => {
    expect(await clusterNames("server")).toEqual(["NXDOMAIN"]);
  });
});

describe("a headless Service", () => {
  it("has the addresses of exactly its ready pods, from every cluster (C25)", async () => {
    const own = await nativeSlices("pods");
    for (const { type, addressType } of types) {
      const wanted = readyAddresses(own, addressType);
      expect(wanted).toHaveLength(replicas);
      expect(await askBoth(setName("pods"), type)).toEqual([found(wanted), found(wanted)]);
    }
  });

  it("has a name for each pod with a host name, which its slices carry (C26)", async () => {
    for (const site of pair.both) {
      const hosts = hostsOf(await importedSlices(site, namespace, "named"));
      expect(hosts.map(({ hostname }) => hostname).toSorted()).toEqual([
        "named-0",
        "named-0",
        "named-1",
        "named-1",
      ]);
      for (const { hostname, address, type } of hosts)
        expect(await ask(site, setName(`${hostname}.a.named`), type)).toEqual(found([address]));
    }
  });

  it("has one SRV record per pod, by host name or dashed address (C27)", async () => {
    const own = await nativeSlices("pods");
    const dashed = types.flatMap(({ addressType }) =>
      readyAddresses(own, addressType).map((address) => address.replaceAll(/[.:]/g, "-")),
    );
    const byAddress = found(dashed.map((host) => srv(42, setName(`${host}.a.pods`))));
    expect(await askBoth(setName("pods"), "SRV")).toEqual([byAddress, byAddress]);
    const byName = found(["named-0", "named-1"].map((host) => srv(42, setName(`${host}.a.named`))));
    expect(await askBoth(setName("named"), "SRV")).toEqual([byName, byName]);
  });

  it("has an SRV record per pod for each named port (MCS 52)", async () => {
    const wanted = found(["named-0", "named-1"].map((host) => srv(42, setName(`${host}.a.named`))));
    for (const port of ["_tcp._tcp", "_udp._udp"])
      expect(await askBoth(setName(`${port}.named`), "SRV")).toEqual([wanted, wanted]);
  });

  it("does not exist by name while no pod of it is ready (MCS 51)", async () => {
    for (const { type } of types) expect(await askBoth(setName("empty"), type)).toEqual([nxdomain, nxdomain]);
  });

  it("has no name for one cluster's part of it (MCS 53)", async () => {
    expect(await clusterNames("pods")).toEqual(["NXDOMAIN"]);
    expect(await clusterNames("named")).toEqual(["NXDOMAIN"]);
  });
});

describe("the zone", () => {
  it("tells the version of its schema (MCS 46)", async () => {
    const version = { status: "NOERROR", records: ['"1.0.0"'] };
    expect(await askBoth("dns-version.clusterset.local", "TXT")).toEqual([version, version]);
  });

  it("knows no Service that nobody exports (MCS 6)", async () => {
    expect(await askBoth(setName("nobody"), "A")).toEqual([nxdomain, nxdomain]);
  });
});

/** The answers in a and in b. */
function askBoth(name: string, type: RecordType): Promise<readonly DnsAnswer[]> {
  return Promise.all(pair.both.map((site) => ask(site, name, type)));
}

function found(records: readonly string[]): DnsAnswer {
  return { status: "NOERROR", records: records.toSorted() };
}

function setName(name: string): string {
  return `${name}.${namespace}.svc.clusterset.local`;
}

/** Port and target of an SRV record. */
function srv(port: number, target: string): string {
  return `${port} ${target}.`;
}

/** Every status with which `<cluster>.<service>` is answered, for the exporting cluster and the other. */
async function clusterNames(service: string): Promise<readonly string[]> {
  const questions = ["a", "b"].flatMap((cluster) =>
    types.map(({ type }) => askBoth(setName(`${cluster}.${service}`), type)),
  );
  return [...new Set((await Promise.all(questions)).flat().map(({ status }) => status))];
}

/** The exporter's own slices of a Service, as its API server's controller writes them. */
async function nativeSlices(service: string): Promise<readonly EndpointSlice[]> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const { items } = (await pair.a.api.request("GET", path, { query: { labelSelector } })) as {
    readonly items: readonly EndpointSlice[];
  };
  return items;
}

function ofFamily(addresses: readonly string[] = [], addressType: string): readonly string[] {
  return addresses.filter((address) => address.includes(":") === (addressType === "IPv6"));
}

function readyAddresses(slices: readonly EndpointSlice[], addressType: string): readonly string[] {
  return slices
    .filter((slice) => slice.addressType === addressType)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready)
    .flatMap(({ addresses }) => addresses);
}

/** An endpoint with a host name, and the type of its address record. */
interface Host {
  readonly hostname: string;
  readonly address: string;
  readonly type: "A" | "AAAA";
}

function hostsOf(slices: readonly EndpointSlice[]): readonly Host[] {
  return slices.flatMap(({ endpoints, addressType }) =>
    (endpoints ?? []).flatMap(({ hostname, addresses: [address] }): Host[] =>
      hostname === undefined || address === undefined
        ? []
        : [{ hostname, address, type: addressType === "IPv4" ? "A" : "AAAA" }],
    ),
  );
}
