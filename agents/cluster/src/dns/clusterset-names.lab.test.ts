// What stock CoreDNS answers in clusterset.local from imports as our executor writes them: KEP-1645's DNS schema
// (specification.md), and where it differs. The difference is held too: docs/reference/dns.md tells it.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resources } from "../kube/resource.ts";
import { eventually } from "./real-coredns.ts";
import { dataOf } from "./testing/dig.ts";
import type { Response } from "./testing/dig.ts";
import { pod, port, shop, startImportingSite } from "./testing/importing-site.ts";
import type { ImportingSite } from "./testing/importing-site.ts";

const zone = "clusterset.local";
const nameOf = (service: string) => `${service}.${shop}.svc.${zone}`;
const exportPort = (name: string, number: number, protocol: "TCP" | "UDP" = "TCP") =>
  port(name, number, protocol);
const dual = { ipFamilies: ["IPv4", "IPv6"] };
const headless = { type: "Headless" } as const;
const both42 = { ports: [exportPort("tcp", 42), exportPort("udp", 42, "UDP")] };

let site: ImportingSite;
beforeAll(async () => {
  site = await startImportingSite();
  await publishAll();
  await site.startFront();
});
afterAll(() => site.close());

async function publishAll(): Promise<void> {
  const listen = (...names: string[]) => names.map((name) => port(name, 8080));
  const pods = (...addresses: string[]) => addresses.map((address) => pod([address]));
  const one = (ports: ReturnType<typeof listen>, ...addresses: string[]) => [
    { ports, pods: pods(...addresses) },
  ];
  await site.publish("hello", { ...dual, ...both42 }, { a: one(both42.ports, "10.1.0.1", "fd00:1::1") });
  const named = { ports: [exportPort("http", 80), exportPort("", 81)] };
  await site.publish("web", named, {
    a: one(listen("http", ""), "10.1.0.2"),
    b: one(listen("http"), "10.2.0.2"),
  });
  await site.publish("six", { ipFamilies: ["IPv6"] }, { a: one(listen("http"), "fd00:1::3") });
  await site.publish(
    "db",
    { ...headless, ...dual, ports: [exportPort("sql", 5432), exportPort("admin", 80)] },
    {
      a: [
        {
          ports: [port("sql", 5432), port("admin", 8080)],
          pods: [
            pod(["10.1.0.10", "fd00:1::10"], { hostname: "db-0" }),
            pod(["10.1.0.11", "fd00:1::11"], { hostname: "db-1" }),
            pod(["10.1.0.12", "fd00:1::12"], { hostname: "db-2", ready: false }),
          ],
        },
      ],
      b: [
        {
          ports: [port("sql", 5432), port("admin", 8080)],
          pods: [pod(["10.2.0.10", "fd00:2::10"], { hostname: "db-0" })],
        },
      ],
    },
  );
  await site.publish(
    "pods",
    { ...headless, ...dual, ...both42 },
    {
      a: [{ ports: both42.ports, pods: [pod(["10.1.0.20", "fd00:1::20"]), pod(["10.1.0.21", "fd00:1::"])] }],
    },
  );
  await site.publish("four", headless, { a: one(listen("http"), "10.1.0.30") });
  await site.publish("asleep", headless, {
    a: [{ ports: listen("http"), pods: [pod(["10.1.0.40"], { ready: false, hostname: "asleep-0" })] }],
  });
  await site.publish(
    "mixed",
    { ...headless, ports: [exportPort("", 81), exportPort("http", 80)] },
    { a: one(listen(""), "10.1.0.70"), b: one(listen("http"), "10.2.0.70") },
  );
  await site.publish("portless", { ...headless, ports: [] }, { a: one([], "10.1.0.50") });
}

const ask = (name: string, type: string): Promise<Response> => site.front(name, type);
/** Data of the answer, sorted. */
const answers = async (name: string, type: string) => dataOf((await ask(name, type)).answer, type);
/** `port target` of each SRV record, sorted: priority and weight are anybody's. */
const targets = async (name: string) => {
  const { answer } = await ask(name, "SRV");
  return answer.map(({ data }) => data.split(" ").slice(2).join(" ")).toSorted();
};
const ipsOf = async (name: string) => (await site.serviceImport(name))["spec"].ips as string[];
const status = async (name: string, type: string) => {
  const { status: code, answer } = await ask(name, type);
  return code === "NOERROR" && answer.length === 0 ? "NODATA" : code;
};

describe("a ClusterSetIP", () => {
  test("answers each of its addresses under its type (C22)", async () => {
    const ips = await ipsOf("hello");
    expect(ips).toHaveLength(2);
    expect(await answers(nameOf("hello"), "A")).toEqual(ips.filter((ip) => !ip.includes(":")));
    expect(await answers(nameOf("hello"), "AAAA")).toEqual(ips.filter((ip) => ip.includes(":")));
  });

  test("of one family answers that one, and has no data for the other (MCS 47)", async () => {
    expect(await answers(nameOf("web"), "A")).toEqual(await ipsOf("web"));
    expect(await status(nameOf("web"), "AAAA")).toBe("NODATA");
    expect(await answers(nameOf("six"), "AAAA")).toEqual(await ipsOf("six"));
    expect(await status(nameOf("six"), "A")).toBe("NODATA");
  });

  test("of TCP and UDP at one port has one SRV record at its bare name (C23)", async () => {
    expect(await targets(nameOf("hello"))).toEqual([`42 ${nameOf("hello")}.`]);
  });

  test("has an SRV record for each named port, and none for the port without a name (MCS 48)", async () => {
    expect(await targets(`_tcp._tcp.${nameOf("hello")}`)).toEqual([`42 ${nameOf("hello")}.`]);
    expect(await targets(`_udp._udp.${nameOf("hello")}`)).toEqual([`42 ${nameOf("hello")}.`]);
    expect(await targets(`_http._tcp.${nameOf("web")}`)).toEqual([`80 ${nameOf("web")}.`]);
    for (const absent of ["_http._udp", "_port-81-tcp._tcp", "_81._tcp", "_nobody._tcp"]) {
      expect([absent, await status(`${absent}.${nameOf("web")}`, "SRV")]).toEqual([absent, "NXDOMAIN"]);
    }
  });

  test("whose pods are all gone keeps its name: only its export's end takes it away", async () => {
    await site.publish("web", { ports: [exportPort("http", 80), exportPort("", 81)] }, { a: [], b: [] });
    expect(await answers(nameOf("web"), "A")).toEqual(await ipsOf("web"));
  });

  test("answers for single pods too, which stock CoreDNS cannot be told not to do", async () => {
    expect(await answers(`10-1-0-1.a.${nameOf("hello")}`, "A")).toEqual(["10.1.0.1"]);
  });
});

describe("a headless service", () => {
  const ready = {
    A: ["10.1.0.10", "10.1.0.11", "10.2.0.10"],
    AAAA: ["fd00:1::10", "fd00:1::11", "fd00:2::10"],
  };

  test("answers the ready pods of every cluster, the same in both families (MCS 49)", async () => {
    expect(await answers(nameOf("db"), "A")).toEqual(ready.A);
    expect(await answers(nameOf("db"), "AAAA")).toEqual(ready.AAAA);
    expect(await status(nameOf("four"), "AAAA")).toBe("NODATA");
    expect(await answers(nameOf("portless"), "A")).toEqual(["10.1.0.50"]);
  });

  test("answers exactly the addresses of the exporter's ready pods (C25)", async () => {
    expect(await answers(nameOf("pods"), "A")).toEqual(["10.1.0.20", "10.1.0.21"]);
    expect(await answers(nameOf("pods"), "AAAA")).toEqual(["fd00:1::", "fd00:1::20"]);
  });

  test("names each ready pod below its cluster, by hostname or by address (MCS 50)", async () => {
    expect(await answers(`db-0.a.${nameOf("db")}`, "A")).toEqual(["10.1.0.10"]);
    expect(await answers(`db-0.b.${nameOf("db")}`, "AAAA")).toEqual(["fd00:2::10"]);
    expect(await answers(`10-1-0-20.a.${nameOf("pods")}`, "A")).toEqual(["10.1.0.20"]);
    expect(await answers(`fd00-1--20.a.${nameOf("pods")}`, "AAAA")).toEqual(["fd00:1::20"]);
    for (const absent of ["db-1.b", "db-2.a", "db-0.c", "10-1-0-10.a", "db-0"]) {
      expect([absent, await status(`${absent}.${nameOf("db")}`, "A")]).toEqual([absent, "NXDOMAIN"]);
    }
  });

  test("gives each hostname of its slices an address under the slice's source cluster (C26)", async () => {
    for (const { metadata, addressType, endpoints } of await site.slices("db")) {
      const cluster = metadata.labels["multicluster.kubernetes.io/source-cluster"];
      for (const { hostname, addresses, conditions } of endpoints as Endpoint[]) {
        const got = await answers(
          `${hostname}.${cluster}.${nameOf("db")}`,
          addressType === "IPv6" ? "AAAA" : "A",
        );
        expect(got).toEqual(conditions.ready ? addresses : []);
      }
    }
  });

  test("has one SRV record at its bare name for each ready pod and family (C27)", async () => {
    const name = nameOf("pods");
    const hosts = ["10-1-0-20", "10-1-0-21", "fd00-1--0", "fd00-1--20"];
    expect(await targets(name)).toEqual(hosts.map((host) => `42 ${host}.a.${name}.`));
  });

  test("has one SRV record for each ready pod and named port, of all clusters (MCS 52)", async () => {
    const name = nameOf("db");
    const hosts = ["db-0.a", "db-0.b", "db-1.a"];
    expect(await targets(`_sql._tcp.${name}`)).toEqual(hosts.map((host) => `5432 ${host}.${name}.`));
    // The pods' own port: whoever looks up a headless service talks to them.
    expect(await targets(`_admin._tcp.${name}`)).toEqual(hosts.map((host) => `8080 ${host}.${name}.`));
    expect(await status(`_sql._udp.${name}`, "SRV")).toBe("NXDOMAIN");
    expect(await status(nameOf("portless"), "SRV")).toBe("NODATA");
  });

  test("has SRV records for the ports that have a name, and for no other (MCS 52)", async () => {
    const name = nameOf("mixed");
    expect(await answers(name, "A")).toEqual(["10.1.0.70", "10.2.0.70"]);
    expect(await targets(`_http._tcp.${name}`)).toEqual([`8080 10-2-0-70.b.${name}.`]);
    expect(await status(`_port-81-tcp._tcp.${name}`, "SRV")).toBe("NXDOMAIN");
  });

  test("without a ready pod does not exist, nor do its pods (MCS 51)", async () => {
    for (const type of ["A", "AAAA", "SRV", "TXT"]) {
      expect([type, await status(nameOf("asleep"), type)]).toEqual([type, "NXDOMAIN"]);
    }
    expect(await status(`asleep-0.a.${nameOf("asleep")}`, "A")).toBe("NXDOMAIN");
  });
});

interface Endpoint {
  readonly hostname: string;
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean };
}

describe("the zone", () => {
  test("is clusterset.local, and imports have names nowhere else (MCS 45)", async () => {
    expect(await status(nameOf("hello"), "A")).toBe("NOERROR");
    expect(await status(`hello.${shop}.svc.b.mesh.example`, "A")).toBe("NXDOMAIN");
    expect(dataOf((await ask(zone, "SOA")).answer, "SOA")).toEqual([
      expect.stringMatching(
        /^ns\.dns\.clusterset\.local\. hostmaster\.clusterset\.local\. \d+ 7200 1800 86400 5$/,
      ),
    ]);
  });

  test("tells the version of its schema, and has no other data at that name (MCS 46)", async () => {
    for (const name of [`dns-version.${zone}`, `DNS-Version.ClusterSet.Local`]) {
      const { answer } = await ask(name, "TXT");
      expect(answer).toMatchObject([{ ttl: 28_800, data: '"1.0.0"' }]);
      expect(await status(name, "A")).toBe("NODATA");
    }
    expect((await ask(`dns-version.${zone}`, "A")).authority).toMatchObject([
      { owner: `${zone}.`, type: "SOA", ttl: 5 },
    ]);
  });

  test("never names one cluster's part of a service (MCS 53)", async () => {
    for (const service of ["hello", "db", "pods"]) {
      for (const type of ["A", "AAAA", "SRV", "TXT"]) {
        const seen = await Promise.all(
          ["a", "b"].map((cluster) => status(`${cluster}.${nameOf(service)}`, type)),
        );
        expect([service, type, ...seen]).toEqual([service, type, "NXDOMAIN", "NXDOMAIN"]);
      }
    }
  });

  test("puts the addresses of SRV targets beside them (MCS 55)", async () => {
    const { additional } = await ask(`_sql._tcp.${nameOf("db")}`, "SRV");
    expect(dataOf(additional, "A")).toEqual(["10.1.0.10", "10.1.0.11", "10.2.0.10"]);
    expect(dataOf(additional, "AAAA")).toEqual(["fd00:1::10", "fd00:1::11", "fd00:2::10"]);
    const single = await ask(`_tcp._tcp.${nameOf("hello")}`, "SRV");
    expect([...dataOf(single.additional, "A"), ...dataOf(single.additional, "AAAA")]).toEqual(
      await ipsOf("hello"),
    );
  });

  test("lets answers and denials be kept for 5 s (MCS 57)", async () => {
    for (const [name, type] of [
      [nameOf("hello"), "A"],
      [nameOf("db"), "AAAA"],
      [`_sql._tcp.${nameOf("db")}`, "SRV"],
    ] as const) {
      expect([...new Set((await ask(name, type)).answer.map(({ ttl }) => ttl))]).toEqual([5]);
    }
    for (const name of [nameOf("four"), nameOf("nobody")]) {
      const { authority } = await ask(name, "AAAA");
      expect(authority).toMatchObject([{ owner: `${zone}.`, ttl: 5, type: "SOA" }]);
      expect(authority[0]?.data).toMatch(/ 5$/);
    }
  });

  test("tells a name without such data from a name that is not there", async () => {
    const rows: [name: string, type: string, want: string][] = [
      [nameOf("hello"), "TXT", "NODATA"],
      [nameOf("hello"), "HTTPS", "NODATA"],
      [nameOf("db"), "MX", "NODATA"],
      [`db-0.a.${nameOf("db")}`, "TXT", "NODATA"],
      [nameOf("nobody"), "A", "NXDOMAIN"],
      [`hello.elsewhere.svc.${zone}`, "A", "NXDOMAIN"],
      [`hello.${shop}.${zone}`, "A", "NXDOMAIN"],
      [`x.y.z.${nameOf("hello")}`, "A", "NXDOMAIN"],
      [`${shop}.svc.${zone}`, "A", "NODATA"],
    ];
    for (const [name, type, want] of rows)
      expect([name, type, await status(name, type)]).toEqual([name, type, want]);
  });

  test("stays readable beside a hostname that is too long for a name of its own (MCS 58)", async () => {
    const [hostname, cluster, service, namespace] = ["h", "c", "s", "n"].map((letter) => letter.repeat(63));
    if (!hostname || !cluster || !service || !namespace) throw new Error("There are four");
    await site.kube.create(resources.namespaces, "", namespace);
    const pods = [pod(["10.3.0.10"], { hostname }), pod(["10.3.0.11"], { hostname: "db-1" })];
    const reached = { [cluster]: [{ ports: [port("http", 8080)], pods }] };
    await site.publish(service, headless, reached, namespace);
    const name = `${service}.${namespace}.svc.${zone}`;
    const want = ["10-3-0-10", "db-1"].map((host) => `8080 ${host}.${cluster}.${name}.`);
    await eventually("both are answered", 5_000, async () =>
      (await answers(name, "A")).length === 2 ? true : undefined,
    );
    expect(await targets(`_http._tcp.${name}`)).toEqual(want);
    await site.kube.remove(resources.namespaces, "", namespace);
  });

  test("answers for one label of a cluster's name: more would not be found (MCS 3)", async () => {
    const labels = {
      "multicluster.kubernetes.io/service-name": "db",
      "multicluster.kubernetes.io/source-cluster": "a.east",
    };
    const ports = [{ name: "sql", port: 5432, protocol: "TCP" }];
    const endpoints = [{ addresses: ["10.3.0.10"], hostname: "db-9", conditions: { ready: true } }];
    const slice = { addressType: "IPv4", ports, endpoints };
    await site.kube.create(resources.endpointSlices, shop, "dotted", slice, {
      namespace: shop,
      name: "dotted",
      labels,
    });
    await eventually("the slice is known", 10_000, async () =>
      (await answers(nameOf("db"), "A")).includes("10.3.0.10") ? true : undefined,
    );
    expect(await status(`db-9.a.east.${nameOf("db")}`, "A")).toBe("NXDOMAIN");
    await site.kube.remove(resources.endpointSlices, shop, "dotted");
  });

  test("has a new import as soon as it is written, and loses it as soon", async () => {
    const until = async (want: string) => {
      const seen = async () => ((await status(nameOf("fresh"), "A")) === want ? want : undefined);
      expect(await eventually(`fresh is ${want}`, 2_000, seen)).toBe(want);
    };
    const pods = [pod(["10.1.0.60"])];
    await site.publish("fresh", {}, { a: [{ ports: [port("http", 8080)], pods }] });
    await until("NOERROR");
    await site.withdraw("fresh");
    await until("NXDOMAIN");
  });
});
