// What a node's daemons are told: the lines that decide whose source address survives and where pods go.

import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { segment } from "../addresses.ts";
import { planClusters } from "../topology.ts";
import { apiServerArguments, controllerManagerArguments } from "./control-plane.ts";
import { kubeconfig } from "./kubeconfig.ts";
import {
  cniConfig,
  containerdConfig,
  kubeletConfig,
  kubeProxyConfig,
  masqueradeRules,
} from "./node-config.ts";

const [cluster] = planClusters(
  { clusters: ["b"], nodes: 1, nodesOf: {}, podRangeOf: {}, serviceRangeOf: {} },
  [],
);
const node = cluster?.nodes[0];
if (cluster === undefined || node === undefined) throw new Error("no plan");

test("pods get one address of each of the node's ranges, and nothing is masqueraded by the CNI", () => {
  const config = JSON.parse(cniConfig(["10.65.0.0/24", "fd00:10:65::/64"])) as {
    plugins: { ipMasq: boolean; ipam: { ranges: unknown } }[];
  };
  expect(config.plugins[0]?.ipMasq).toBe(false);
  expect(config.plugins[0]?.ipam.ranges).toEqual([
    [{ subnet: "10.65.0.0/24" }],
    [{ subnet: "fd00:10:65::/64" }],
  ]);
});

test("the kubelet keeps pods below the machine's control group and asks the cluster's DNS", () => {
  expect(parse(kubeletConfig(cluster, node))).toMatchObject({
    cgroupRoot: "/sealane-lab/b1/pods",
    clusterDNS: ["10.113.0.10"],
    failCgroupV1: false,
  });
});

test("kube-proxy takes the cluster's pods, of both families, for local", () => {
  expect(parse(kubeProxyConfig(cluster, node))).toMatchObject({
    mode: "nftables",
    detectLocalMode: "ClusterCIDR",
    clusterCIDR: "10.65.0.0/16,fd00:10:65::/56",
    conntrack: { maxPerCore: 0 },
  });
});

test("only traffic from own pods to the segment is masqueraded", () => {
  const rules = masqueradeRules(cluster, segment)
    .split("\n")
    .filter((line) => line.includes("masquerade") && line.includes("addr"))
    .map((line) => line.trim());
  expect(rules).toEqual([
    'ip saddr 10.65.0.0/16 ip daddr 172.30.0.0/16 oifname "eth0" masquerade',
    'ip6 saddr fd00:10:65::/56 ip6 daddr fd00:30::/64 oifname "eth0" masquerade',
  ]);
});

test("containerd is told its snapshotter and the lab's own pause image", () => {
  expect(containerdConfig("native")).toMatch(/snapshotter = "native"/);
  expect(containerdConfig("overlayfs")).toMatch(/sandbox_image = "sealane-lab\/pause:1"/);
});

describe("the control plane", () => {
  test("keeps each cluster apart in the shared etcd", () => {
    expect(apiServerArguments(cluster)).toContain("--etcd-prefix=/clusters/b");
  });

  test("hands each node one range of each family", () => {
    const given = controllerManagerArguments(cluster);
    expect(given).toContain("--cluster-cidr=10.65.0.0/16,fd00:10:65::/56");
    expect(given).toContain("--node-cidr-mask-size-ipv4=24");
    expect(given).toContain("--node-cidr-mask-size-ipv6=64");
    expect(given.some((argument) => argument.startsWith("--controllers"))).toBe(false);
  });
});

test("a joint kubeconfig has one context and one user for each cluster", () => {
  const access = (name: string) => ({
    cluster: name,
    user: `${name}-admin`,
    server: `https://${name}.example:6443`,
    authority: "ca",
    identity: { certificate: "certificate", key: "key" },
  });
  const config = parse(kubeconfig([access("a"), access("b")])) as {
    "current-context": string;
    contexts: { name: string; context: { user: string } }[];
    users: { name: string; user: Record<string, string> }[];
  };
  expect(config["current-context"]).toBe("a");
  expect(config.contexts.map(({ name, context }) => [name, context.user])).toEqual([
    ["a", "a-admin"],
    ["b", "b-admin"],
  ]);
  expect(config.users[1]?.user["client-key-data"]).toBe(Buffer.from("key").toString("base64"));
});
