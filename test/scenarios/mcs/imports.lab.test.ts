// What an export makes in both clusters: when a ServiceImport is there, what it says, and that it says nothing else.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../lab/index.ts";
import { recordImports } from "./history.ts";
import type { History } from "./history.ts";
import { exported, exportOf, headlessService, namespaceManifest, service, tcp, udp } from "./objects.ts";
import { apply, openPair, read, remove, uniqueName } from "./pair.ts";
import type { Pair } from "./pair.ts";
import { plainPorts, readImport, waitForCondition, waitForImport, waitForNoImport } from "./seen.ts";
import type { ServiceImport } from "./seen.ts";

let pair: Pair;
let namespace: string;

beforeAll(async () => {
  pair = await openPair("imports");
  namespace = pair.namespace;
});

afterAll(() => pair?.close());

describe("a Service with an address", () => {
  const name = "full";
  const appProtocol = "kubernetes.io/h2c";
  const ports = [
    { ...tcp, appProtocol },
    { ...udp, port: 4242, targetPort: 42 },
  ];
  const affinity = {
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
  };
  const policies = { internalTrafficPolicy: "Cluster", trafficDistribution: "PreferClose" };
  let imports: readonly ServiceImport[];

  it("is valid once exported, and imported by every cluster as ClusterSetIP (C4)", async () => {
    await apply(pair.a, ...exported(namespace, name, { ports, ...affinity, ...policies }));
    await waitForCondition(pair.a, namespace, name, "Valid", "True");
    imports = await inBoth(({ spec }) => spec.type === "ClusterSetIP", name);
    expect(imports).toHaveLength(2);
  });

  it("lends its import the session affinity, time-out included (C5)", () => {
    for (const { spec } of imports) expect(spec).toMatchObject(affinity);
  });

  it("lends its import the internal traffic policy (C6)", () => {
    for (const { spec } of imports) expect(spec.internalTrafficPolicy).toBe("Cluster");
  });

  it("lends its import the traffic distribution (C7)", () => {
    for (const { spec } of imports) expect(spec.trafficDistribution).toBe("PreferClose");
  });

  it("gets one address per IP family in every cluster, in the families' order (C8)", () => {
    for (const { spec } of imports) {
      expect(spec.ipFamilies).toEqual(["IPv4", "IPv6"]);
      expect(spec.ips?.map((ip) => (ip.includes(":") ? "IPv6" : "IPv4"))).toEqual(spec.ipFamilies);
    }
  });

  it("lends its import exactly its ports (C9)", () => {
    for (const { spec } of imports) expect(plainPorts(spec.ports)).toEqual(plainPorts(ports));
  });

  it("names every exporting cluster, and says that slices are there (MCS 35)", async () => {
    const wanted = { clusters: [{ cluster: "a" }], endpointSliceObjects: "Present" };
    for (const { status } of await inBoth((seen) => seen.status?.endpointSliceObjects !== undefined, name))
      expect(status).toMatchObject(wanted);
  });

  it("is imported nowhere as soon as the export is deleted (C4)", async () => {
    await remove(pair.a, "ServiceExport", namespace, name);
    expect(await goneFromBoth(name)).toEqual(["gone", "gone"]);
  });
});

describe("an import", () => {
  it("lasts while at least one cluster exports, and keeps its address (C1)", async () => {
    const name = "lasting";
    await apply(pair.a, ...exported(namespace, name));
    const first = await inBoth(exporters("a"), name);
    await apply(pair.b, ...exported(namespace, name));
    await inBoth(exporters("a", "b"), name);
    await remove(pair.a, "ServiceExport", namespace, name);
    const last = await inBoth(exporters("b"), name);
    expect(last.map(identity)).toEqual(first.map(identity));
    await remove(pair.b, "ServiceExport", namespace, name);
    expect(await goneFromBoth(name)).toEqual(["gone", "gone"]);
  });

  it("keeps its address while ports change and when its derived Service was deleted (MCS 21)", async () => {
    const name = "steady";
    await apply(pair.a, ...exported(namespace, name));
    const first = await inBoth(({ spec }) => spec.ips?.length === 2, name);
    await apply(pair.a, service(namespace, name, { ports: [{ ...tcp, port: 43 }] }));
    await inBoth(({ spec }) => spec.ports.length === 1, name);
    for (const [at, site] of pair.both.entries()) {
      const derived = first[at]?.metadata.annotations?.["sealane.dev/derived-service"] ?? "";
      const before = await derivedService(site, derived);
      await remove(site, "Service", namespace, derived);
      const what = `derived Service "${derived}" in ${site.name} to be made again`;
      await waitUntil({ what, timeoutMs: 20_000 }, async () => {
        const now = await derivedService(site, derived);
        return now !== undefined && now.metadata.uid !== before?.metadata.uid;
      });
      const wanted = before?.spec.clusterIPs;
      expect((await derivedService(site, derived))?.spec.clusterIPs).toEqual(wanted);
      const { metadata } = await waitForImport(site, namespace, name, ({ spec }) => {
        return JSON.stringify(spec.ips) === JSON.stringify(wanted);
      });
      expect(metadata.uid).toBe(first[at]?.metadata.uid);
    }
  });

  it("has exactly the exported labels and annotations, and none of the Service's or the export's own (C2)", async () => {
    const name = "labelled";
    const exportedLabels = { tier: "front" };
    const exportedAnnotations = { "example.org/contact": "shop" };
    await apply(
      pair.a,
      service(namespace, name),
      exportOf(namespace, name, { exportedLabels, exportedAnnotations }),
    );
    for (const { metadata } of await inBoth(
      ({ metadata: { labels } }) => labels?.["tier"] !== undefined,
      name,
    )) {
      expect(foreign(metadata.labels)).toEqual(exportedLabels);
      expect(foreign(metadata.annotations)).toEqual(exportedAnnotations);
    }
  });
});

describe("a Service that has no address", () => {
  let histories: readonly History[];

  beforeAll(async () => {
    histories = await Promise.all(pair.both.map((site) => recordImports(site, namespace)));
  });

  afterAll(() => Promise.all((histories ?? []).map((history) => history.close())));

  it("is imported as Headless, and nowhere once its export is deleted (C12)", async () => {
    const name = "headless-for-a-while";
    await apply(pair.a, headlessService(namespace, name), exportOf(namespace, name));
    await inBoth(({ spec }) => spec.type === "Headless", name);
    await remove(pair.a, "ServiceExport", namespace, name);
    expect(await goneFromBoth(name)).toEqual(["gone", "gone"]);
  });

  it("never gets an address as a Headless import (C13)", async () => {
    await apply(pair.a, headlessService(namespace, "headless"), exportOf(namespace, "headless"));
    await inBoth(({ status }) => status?.endpointSliceObjects !== undefined, "headless");
    await laterExport("after-headless");
    for (const states of statesOf("headless")) {
      expect(states.length).toBeGreaterThan(0);
      expect(states.flatMap(({ spec }) => spec.ips ?? [])).toEqual([]);
    }
  });

  it("is not valid and is never imported when it is an ExternalName (C14)", async () => {
    const name = "external";
    const spec = { type: "ExternalName", externalName: "shop.example.org", ipFamilyPolicy: undefined };
    await apply(pair.a, service(namespace, name, spec), exportOf(namespace, name));
    const { reason } = await waitForCondition(pair.a, namespace, name, "Valid", "False");
    expect(reason).toBe("InvalidServiceType");
    await laterExport("after-external");
    expect(statesOf(name)).toEqual([[], []]);
  });

  /** When a later export has an address everywhere, an earlier one would have had it too. */
  async function laterExport(name: string): Promise<void> {
    await apply(pair.a, ...exported(namespace, name));
    await inBoth(({ spec }) => spec.ips !== undefined, name);
  }

  function statesOf(name: string): readonly (readonly ServiceImport[])[] {
    return histories.map(({ states }) => states.filter(({ metadata }) => metadata.name === name));
  }
});

describe("a namespace that an importer lacks", () => {
  const importedMsMax = 1_000;
  const name = "early";
  let late: string;

  beforeAll(async () => {
    late = uniqueName("mcs-late");
    await apply(pair.a, namespaceManifest(late));
  });

  afterAll(async () => {
    await Promise.all(pair.both.map((site) => remove(site, "Namespace", "", late)));
  });

  it("is not made there by an import (MCS 16)", async () => {
    await apply(pair.a, ...exported(late, name));
    await waitForImport(pair.a, late, name, ({ spec }) => spec.ips !== undefined);
    await apply(pair.a, ...exported(namespace, "after-early"));
    await inBoth(({ spec }) => spec.ips !== undefined, "after-early");
    expect(await read(pair.b, "Namespace", "", late)).toBeUndefined();
  });

  it("has the import within a second of its creation (MCS 16)", async () => {
    await apply(pair.b, namespaceManifest(late));
    const createdAt = performance.now();
    await waitUntil({ what: "the import", timeoutMs: 20_000, intervalMs: 20 }, async () =>
      Boolean((await readImport(pair.b, late, name))?.spec.ips),
    );
    const afterMs = performance.now() - createdAt;
    console.log(`import and addresses ${afterMs.toFixed(0)} ms after the namespace`);
    expect(afterMs).toBeLessThanOrEqual(importedMsMax);
  });

  it("can be deleted there again, and the others keep the import (MCS 16)", async () => {
    await remove(pair.b, "Namespace", "", late);
    const what = `namespace "${late}" to be gone in b`;
    await waitUntil({ what, timeoutMs: 60_000, intervalMs: 200 }, async () => {
      return (await read(pair.b, "Namespace", "", late)) === undefined;
    });
    expect(await readImport(pair.a, late, name)).toBeDefined();
  });
});

/** The import in a and in b, once this holds of each. */
function inBoth(holds: (seen: ServiceImport) => boolean, name: string): Promise<readonly ServiceImport[]> {
  return Promise.all(pair.both.map((site) => waitForImport(site, namespace, name, holds)));
}

/** What is left of the import in a and in b, once nothing should be. */
function goneFromBoth(name: string): Promise<readonly unknown[]> {
  return Promise.all(pair.both.map((site) => waitForNoImport(site, namespace, name)));
}

function exporters(...clusters: readonly string[]): (seen: ServiceImport) => boolean {
  return ({ status }) =>
    JSON.stringify(status?.clusters?.map(({ cluster }) => cluster).toSorted()) === JSON.stringify(clusters);
}

/** What must stay for an import's life. */
function identity({ metadata, spec }: ServiceImport): object {
  return { uid: metadata.uid, ips: spec.ips };
}

interface DerivedService {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly clusterIPs: readonly string[] };
}

function derivedService(site: Pair["a"], name: string): Promise<DerivedService | undefined> {
  return read<DerivedService>(site, "Service", namespace, name);
}

/** Without what the implementation writes for itself. */
function foreign(record: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const own = (key: string) => key.startsWith("sealane.dev/") || key === "app.kubernetes.io/managed-by";
  return Object.fromEntries(Object.entries(record).filter(([key]) => !own(key)));
}
