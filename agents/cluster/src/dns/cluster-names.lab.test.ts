// What a pod of the cluster sees: its own CoreDNS, as kubeadm made it and then with our stub, in front of mesh-dns; and
// the cluster's own zone of the mesh. `cluster.local` is the cluster's, and answers the same with and without us.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resources } from "../kube/resource.ts";
import type { Running } from "./real-coredns.ts";
import { eventually } from "./real-coredns.ts";
import { withStub } from "./stub.ts";
import { dataOf } from "./testing/dig.ts";
import type { Response } from "./testing/dig.ts";
import { meshDns, meshZone, ownZone, pod, port, shop, startImportingSite } from "./testing/importing-site.ts";
import type { ImportingSite } from "./testing/importing-site.ts";
import { kubeadmCorefile } from "./testing/kubeadm.ts";

const imported = `hello.${shop}.svc.clusterset.local`;

let site: ImportingSite;
let meshDnsProcess: Running;
let clusterDns: Running;
let untouched: readonly string[];

/** The cluster has a Service of the imported one's name, and a headless one. */
beforeAll(async () => {
  site = await startImportingSite();
  const ports = [{ name: "tcp", port: 42, protocol: "TCP" }];
  const service = { ports, ipFamilyPolicy: "PreferDualStack" };
  await site.kube.create(resources.services, shop, "hello", {
    spec: { ...service, clusterIPs: ["10.112.7.7", "fd00:112::77"], clusterIP: "10.112.7.7" },
  });
  await site.kube.create(resources.services, shop, "db", { spec: { ...service, clusterIP: "None" } });
  const slice = (address: string, ready: boolean, hostname: string) => ({
    ...{ addresses: [address], hostname, conditions: { ready } },
  });
  const endpoints = [slice("10.2.0.10", true, "db-0"), slice("10.2.0.11", false, "db-1")];
  await site.kube.create(
    resources.endpointSlices,
    shop,
    "db-1",
    { addressType: "IPv4", ports: [{ name: "tcp", port: 8042, protocol: "TCP" }], endpoints },
    { namespace: shop, name: "db-1", labels: { "kubernetes.io/service-name": "db" } },
  );
  const pods = [pod(["10.1.0.1"])];
  await site.publish("hello", { ports: [port("tcp", 42)] }, { a: [{ ports: [port("tcp", 42)], pods }] });
  meshDnsProcess = await site.startFront();
  const before = await site.startClusterDns(kubeadmCorefile);
  untouched = await ofTheCluster();
  await before.stop();
  const stubbed = withStub(kubeadmCorefile, { meshZone, addresses: [meshDns], version: [1, 15, 0] });
  if ("problem" in stubbed) throw new Error(stubbed.problem);
  clusterDns = await site.startClusterDns(stubbed.text);
});
afterAll(() => site.close());

/** Everything in cluster.local that the API server's objects lead to, as text. */
async function ofTheCluster(): Promise<readonly string[]> {
  const [ip = ""] = await ipsOf("hello");
  const reverse = (address: string) => `${address.split(".").toReversed().join(".")}.in-addr.arpa`;
  const questions: [name: string, type: string][] = [
    [`hello.${shop}.svc.cluster.local`, "A"],
    [`hello.${shop}.svc.cluster.local`, "AAAA"],
    [`_tcp._tcp.hello.${shop}.svc.cluster.local`, "SRV"],
    [`db.${shop}.svc.cluster.local`, "A"],
    [`db-0.db.${shop}.svc.cluster.local`, "A"],
    [`nobody.${shop}.svc.cluster.local`, "A"],
    [`hello.${shop}.svc.cluster.local`, "TXT"],
    ["kubernetes.default.svc.cluster.local", "A"],
    ["dns-version.cluster.local", "TXT"],
    [`${imported}.${shop}.svc.cluster.local`, "A"],
    [reverse("10.112.7.7"), "PTR"],
    [reverse(ip), "PTR"],
  ];
  const text = async ([name, type]: (typeof questions)[number]) => {
    const { status, answer } = await site.clusterDns(name, type);
    return [name, type, status, ...dataOf(answer, type)].join(" ");
  };
  await eventually("the cluster's DNS has read its objects", 20_000, async () =>
    (await site.clusterDns(`nobody.${shop}.svc.cluster.local`, "A")).status === "NXDOMAIN" ? true : undefined,
  );
  return Promise.all(questions.map(text));
}

const ipsOf = async (name: string) => (await site.serviceImport(name))["spec"].ips as string[];
const code = ({ status, answer }: Response) =>
  status === "NOERROR" && answer.length === 0 ? "NODATA" : status;

describe("the cluster's own DNS with our stub", () => {
  test("answers cluster.local to the letter as without it, and the local address as before (C24)", async () => {
    expect(await ofTheCluster()).toEqual(untouched);
    expect(untouched).toContain(`hello.${shop}.svc.cluster.local A NOERROR 10.112.7.7`);
    expect(await ipsOf("hello")).not.toContain("10.112.7.7");
  });

  test("passes questions for imports on to mesh-dns, every type of them", async () => {
    expect(dataOf((await site.clusterDns(imported, "A")).answer, "A")).toEqual(await ipsOf("hello"));
    expect((await site.clusterDns(imported, "SRV")).answer).toHaveLength(1);
    expect(code(await site.clusterDns(imported, "AAAA"))).toBe("NODATA");
    expect(dataOf((await site.clusterDns("dns-version.clusterset.local", "TXT")).answer, "TXT")).toEqual([
      '"1.0.0"',
    ]);
  });

  test("has a PTR record for an import's address, of the Service behind it (MCS 54)", async () => {
    expect(untouched.at(-1)).toMatch(/ PTR NOERROR sealane-[a-z0-9]{16}\.shop\.svc\.cluster\.local\.$/);
  });

  test("holds a denial for five seconds and no longer: what was asked for too early is found", async () => {
    const name = `early.${shop}.svc.clusterset.local`;
    expect((await site.clusterDns(name, "A")).status).toBe("NXDOMAIN");
    await site.publish("early", {}, { a: [{ ports: [port("http", 8080)], pods: [pod(["10.1.0.2"])] }] });
    const began = performance.now();
    await eventually("early is found", 8_000, async () =>
      code(await site.clusterDns(name, "A")) === "NOERROR" ? true : undefined,
    );
    console.log(`denied to found, ms: ${Math.round(performance.now() - began)}`);
  });
});

describe("the cluster's own zone of the mesh", () => {
  const rows: [name: string, type: string, want: string | readonly string[]][] = [
    [`hello.${shop}.svc`, "A", ["10.112.7.7"]],
    [`hello.${shop}.svc`, "AAAA", ["fd00:112::77"]],
    [`_tcp._tcp.hello.${shop}.svc`, "SRV", [`0 50 42 hello.${shop}.svc.${ownZone}.`]],
    [`db.${shop}.svc`, "A", ["10.2.0.10"]],
    [`db-0.db.${shop}.svc`, "A", ["10.2.0.10"]],
    [`_tcp._tcp.db.${shop}.svc`, "SRV", [`0 100 8042 db-0.db.${shop}.svc.${ownZone}.`]],
    [`db.${shop}.svc`, "AAAA", "NODATA"],
    [`hello.${shop}.svc`, "TXT", "NODATA"],
    [`db-1.db.${shop}.svc`, "A", "NXDOMAIN"],
    [`nobody.${shop}.svc`, "A", "NXDOMAIN"],
    ["dns-version", "TXT", ['"1.1.0"']],
  ];
  test.each(rows)("%s %s at both of mesh-dns's ports, and through the stub", async (name, type, want) => {
    for (const ask of [site.front, site.peersPort, site.clusterDns]) {
      const response = await ask(`${name}.${ownZone}`, type);
      expect(typeof want === "string" ? code(response) : dataOf(response.answer, type)).toEqual(want);
    }
  });
});

const definitions = {
  ...{ group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition" },
  ...{ plural: "customresourcedefinitions", namespaced: false },
};

/** Whether the API server serves ServiceImports as CoreDNS reads them. */
async function serveV1alpha1(served: boolean): Promise<void> {
  const name = "serviceimports.multicluster.x-k8s.io";
  const held = await site.kube.get(definitions, "", name);
  if (held === undefined) throw new Error(`There is no definition "${name}"`);
  const versions = (held["spec"].versions as { name: string }[]).map((version) =>
    version.name === "v1alpha1" ? { ...version, served } : version,
  );
  await site.kube.patch(definitions, "", name, { spec: { versions } });
  const path = "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports";
  await eventually(`v1alpha1 is served: ${served}`, 10_000, async () =>
    (await site.isServed(path)) === served ? true : undefined,
  );
}

test("while ServiceImports are not served as v1alpha1 their names fail, and none is denied (MCS 61)", async () => {
  await meshDnsProcess.stop();
  await serveV1alpha1(false);
  meshDnsProcess = await site.startFront([ownZone]);
  for (const name of [imported, `nobody.${shop}.svc.clusterset.local`]) {
    expect([name, (await site.front(name, "A")).status]).toEqual([name, "SERVFAIL"]);
  }
  expect(dataOf((await site.front(`hello.${shop}.svc.${ownZone}`, "A")).answer, "A")).toEqual(["10.112.7.7"]);
  await serveV1alpha1(true);
  await eventually("imports are answered again", 20_000, async () =>
    code(await site.front(imported, "A")) === "NOERROR" ? true : undefined,
  );
  expect(dataOf((await site.front(imported, "A")).answer, "A")).toEqual(await ipsOf("hello"));
});

// The last: mesh-dns is gone after it.
test("cluster.local does not need mesh-dns (MCS 56)", async () => {
  await meshDnsProcess.stop();
  expect(await ofTheCluster()).toEqual(untouched);
  expect(clusterDns.status()).toBeUndefined();
});
