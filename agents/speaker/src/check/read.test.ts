// The doors of a node's checks: iproute2's JSON and BIRD's answers as they were recorded, kube-proxy's page in the
// spellings of its releases, /proc/sys as a folder.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseProtocols } from "../drivers/bird/replies.ts";
import { parseCounts, parseFunctions } from "./read-bird.ts";
import { probePaths } from "./probe-paths.ts";
import { readNeighbours } from "./read-neighbours.ts";
import { pathsTo, placedRoute, podLinksOf, readSettings, uplinksOf } from "./read-kernel.ts";
import { parseKubeProxy } from "./read-kube-proxy.ts";

test("uplinks carry default routes or next hops, pods' links what lies in the node's own range", () => {
  const routes = [
    placedRoute({ dst: "default", gateway: "10.10.0.254", dev: "eth0", flags: [] }, 4),
    placedRoute({ dst: "10.10.0.0/24", dev: "eth0", protocol: "kernel", scope: "link", flags: [] }, 4),
    placedRoute({ dst: "10.1.1.5", dev: "veth1", scope: "host", flags: [] }, 4),
    placedRoute({ dst: "fd00:1::5", dev: "veth1", metric: 1024, flags: [] }, 6),
    placedRoute({ dst: "10.2.1.0/24", gateway: "10.20.0.2", dev: "eth1", protocol: "bird", flags: [] }, 4),
    placedRoute({ type: "blackhole", dst: "10.1.1.0/24", dev: "lo", flags: [] }, 4),
    placedRoute({ dst: "172.17.0.0/16", dev: "docker0", protocol: "kernel", flags: [] }, 4),
  ];
  const networks = [
    { prefix: "10.10.0.0/24", address: "10.10.0.1", link: "eth0" },
    { prefix: "10.20.0.0/24", address: "10.20.0.1", link: "eth1" },
    { prefix: "172.17.0.0/16", address: "172.17.0.1", link: "docker0" },
  ];
  expect(uplinksOf(routes, networks, ["10.20.0.2"])).toEqual(["eth0", "eth1"]);
  expect(uplinksOf(routes, networks, [])).toEqual(["eth0"]);
  expect(podLinksOf(routes, ["10.1.1.0/24", "fd00:1::/64"])).toEqual(["veth1"]);
  expect(podLinksOf(routes, [])).toEqual([]);
});

const reply = (code: string, ...texts: string[]) => ({ code, lines: texts.map((text) => ({ code, text })) });

test("BIRD 2.0.12's functions, protocols and counts", () => {
  expect(
    parseFunctions(reply("1010", "sealane_announce\tfunction", "sealane_install\tfunction", "x\tfilter")),
  ).toEqual(["sealane_announce", "sealane_install"]);
  const protocols = reply(
    "1002",
    "kernel4    Kernel     master4    up     14:44:42.400  ",
    "out4       BGP        ---        up     2026-11-21    Established   ",
    "out6       BGP        ---        start  14:44:42.402  Connect       Socket: No route to host",
  );
  expect(
    parseProtocols({ ...protocols, lines: [{ code: "2002", text: "Name Proto Table" }, ...protocols.lines] }),
  ).toEqual([
    { name: "kernel4", kind: "Kernel", info: "14:44:42.400" },
    { name: "out4", kind: "BGP", info: "Established" },
    { name: "out6", kind: "BGP", info: "host" },
  ]);
  expect(parseCounts(reply("1007", "2 of 3 routes for 3 networks in table master4"))).toEqual({
    routes: 2,
    tables: ["master4"],
  });
  const both = reply(
    "0014",
    "1 of 3 routes for 3 networks in table master4",
    "4 of 4 routes for 4 networks in table master6",
    "Total: 5 of 7 routes for 7 networks in 2 tables",
  );
  expect(parseCounts(both)).toEqual({ routes: 5, tables: ["master4", "master6"] });
  expect(parseCounts(reply("9001", "No valid tables"))).toEqual({ routes: 0, tables: [] });
});

test("kube-proxy's configuration, in the spellings of its releases", () => {
  const want = {
    masqueradeAll: true,
    detectLocalMode: "ClusterCIDR",
    clusterCidrs: ["10.1.0.0/16", "fd00:1::/56"],
    bridgeInterface: "",
    interfaceNamePrefix: "",
  };
  const versioned = {
    iptables: { masqueradeAll: false },
    nftables: { masqueradeAll: true },
    detectLocalMode: "ClusterCIDR",
    detectLocal: { bridgeInterface: "", interfaceNamePrefix: "" },
    clusterCIDR: "10.1.0.0/16,fd00:1::/56",
  };
  const internal = {
    Linux: { MasqueradeAll: true },
    DetectLocalMode: "ClusterCIDR",
    DetectLocal: { ClusterCIDRs: ["10.1.0.0/16", "fd00:1::/56"], BridgeInterface: "" },
  };
  for (const config of [versioned, internal]) {
    expect(parseKubeProxy({ "kubeproxy.config.k8s.io": config })).toEqual(want);
  }
  expect(() => parseKubeProxy({})).toThrow(/kubeproxy.config.k8s.io/);
});

test("a setting that is not there is not one that is 0", async () => {
  const root = await mkdtemp(join(tmpdir(), "sealane-settings-"));
  try {
    await mkdir(join(root, "net/ipv4"), { recursive: true });
    await writeFile(join(root, "net/ipv4/ip_forward"), "0\n");
    expect(await readSettings(["net/ipv4/ip_forward", "net/ipv6/x"], root)).toEqual(
      new Map([
        ["net/ipv4/ip_forward", "0"],
        ["net/ipv6/x", undefined],
      ]),
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test("a next hop that the kernel calls failed is asked anew, and believed to be silent only then", async () => {
  const entry = (dst: string, state: string) => ({ dst, dev: "lo", state: [state] });
  const looks = [
    [entry("127.0.0.2", "FAILED"), entry("127.0.0.3", "FAILED"), entry("127.0.0.4", "STALE")],
    [entry("127.0.0.2", "REACHABLE"), entry("127.0.0.3", "INCOMPLETE"), entry("127.0.0.4", "STALE")],
  ];
  const read = (hops: readonly string[]) => {
    let at = 0;
    return readNeighbours(async () => looks[at++] ?? [], hops);
  };
  expect(await read(["127.0.0.2", "127.0.0.3"])).toEqual([
    { address: "127.0.0.3", state: "FAILED" },
    { address: "127.0.0.4", state: "STALE" },
  ]);
  expect((await read([])).map(({ state }) => state)).toEqual(["FAILED", "FAILED", "STALE"]);
});

test("paths go to next hops on-link at their link's size, to the same few of many each time", () => {
  const networks = [{ prefix: "10.0.0.0/8", address: "10.255.0.1", link: "eth0" }];
  const links = [{ name: "eth0", mtu: 9000 }];
  expect(pathsTo(["10.0.0.2", "192.0.2.1"], networks, links)).toEqual([{ address: "10.0.0.2", bytes: 9000 }]);
  const many = Array.from({ length: 1_000 }, (_, at) => `10.1.${Math.floor(at / 250)}.${at % 250}`);
  const some = pathsTo(many, networks, links);
  expect(some).toHaveLength(64);
  expect(new Set(some.map(({ address }) => address.split(".")[2]))).toEqual(new Set(["0", "1", "2", "3"]));
  expect(pathsTo(many, networks, links)).toEqual(some);
});

test("a path answers where nobody listens, and says nothing where nobody is", async () => {
  expect(await probePaths([{ address: "127.0.0.1", bytes: 1500 }])).toEqual([
    { address: "127.0.0.1", bytes: 1500, large: "arrived" },
  ]);
  expect(await probePaths([])).toEqual([]);
});
