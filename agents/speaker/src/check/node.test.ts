// One healthy node, and every fault of it with the reason that names it: each row changes one thing only.

import { expect, test } from "vitest";
import { tallyChecks } from "@sealane/core";
import type { BirdState } from "./judge-bird.ts";
import type { KernelState, NodeContext, NodeState } from "./node.ts";
import { judgeNode } from "./node.ts";

const settings = {
  "net/ipv4/fib_multipath_hash_policy": "1",
  "net/ipv4/fib_multipath_hash_fields": "7",
  "net/ipv6/fib_multipath_hash_policy": "1",
  "net/ipv6/fib_multipath_hash_fields": "7",
  "net/ipv4/ip_forward": "1",
  "net/ipv6/conf/all/forwarding": "1",
  "net/ipv4/conf/all/rp_filter": "0",
  "net/ipv4/conf/eth0/rp_filter": "0",
  "net/ipv4/conf/eth0/forwarding": "1",
};

const kernel: KernelState = {
  settings: new Map(Object.entries(settings)),
  links: [
    { name: "lo", mtu: 65_536 },
    { name: "eth0", mtu: 1500 },
    { name: "veth1", mtu: 1450 },
    { name: "veth2", mtu: 1500 },
  ],
  networks: [
    { prefix: "10.10.0.0/24", address: "10.10.0.1", link: "eth0" },
    { prefix: "fd10::/64", address: "fd10::1", link: "eth0" },
  ],
  uplinks: ["eth0"],
  podLinks: ["veth1", "veth2"],
  neighbours: [
    { address: "10.10.0.2", state: "STALE" },
    { address: "10.10.0.9", state: "FAILED" },
  ],
  paths: [
    { address: "10.10.0.2", bytes: 1500, large: "arrived" },
    { address: "fd10::2", bytes: 1500, large: "arrived" },
  ],
};

const context: NodeContext = {
  nextHops: ["10.10.0.2", "fd10::2"],
  podPrefixes: ["10.1.1.0/24"],
  peerPodPrefixes: ["10.2.0.0/16", "fd00:2::/56"],
  clockOffsetSeconds: -0.2,
};

const bird = {
  reachable: true,
  version: "2.0.12",
  fault: undefined,
  functions: ["sealane_install", "sealane_announce"],
  kernels: [
    { name: "kernel4", table: "master4", taken: 3, withheld: 0 },
    { name: "kernel6", table: "master6", taken: 1, withheld: 0 },
  ],
  sessions: [{ name: "router4", table: "master4", taken: 2, withheld: 0 }],
} satisfies BirdState;

const proxy = {
  masqueradeAll: false,
  detectLocalMode: "ClusterCIDR",
  clusterCidrs: ["10.1.0.0/16", "fd00:1::/56"],
  bridgeInterface: "",
  interfaceNamePrefix: "",
};

const healthy: NodeState = {
  context,
  kernel: { known: true, value: kernel },
  bird,
  kubeProxy: { known: true, value: proxy },
};

function withSettings(changed: Readonly<Record<string, string | undefined>>): NodeState {
  const value = { ...kernel, settings: new Map(Object.entries({ ...settings, ...changed })) };
  return { ...healthy, kernel: { known: true, value } };
}

function withKernel(changed: Partial<KernelState>): NodeState {
  return { ...healthy, kernel: { known: true, value: { ...kernel, ...changed } } };
}

type Reachable = Extract<BirdState, { readonly reachable: true }>;

function withBird(changed: Partial<Reachable>): NodeState {
  return { ...healthy, bird: { ...bird, ...changed } };
}

function withProxy(changed: Partial<typeof proxy>): NodeState {
  return { ...healthy, kubeProxy: { known: true, value: { ...proxy, ...changed } } };
}

function withContext(changed: Partial<NodeContext>): NodeState {
  return { ...healthy, context: { ...context, ...changed } };
}

const wellCount = 19;

test("a healthy node passes every check", () => {
  expect(tallyChecks(judgeNode(healthy))).toEqual({
    count: { kind: "checks", desired: wellCount, observed: wellCount },
    findings: [],
  });
});

test.each<[reason: string, said: string, NodeState]>([
  [
    "MultipathHashCoarse",
    "net.ipv4.fib_multipath_hash_policy is 0; it must be 1",
    withSettings({ "net/ipv4/fib_multipath_hash_policy": "0" }),
  ],
  [
    "MultipathHashCoarse",
    "net.ipv6.fib_multipath_hash_policy is not there",
    withSettings({ "net/ipv6/fib_multipath_hash_policy": undefined }),
  ],
  [
    "MultipathHashCoarse",
    "is 3",
    withSettings({ "net/ipv4/fib_multipath_hash_policy": "3", "net/ipv4/fib_multipath_hash_fields": "7" }),
  ],
  ["ForwardingOff", "net.ipv4.ip_forward is 0", withSettings({ "net/ipv4/ip_forward": "0" })],
  [
    "ForwardingOff",
    "net.ipv4.conf.eth0.forwarding is 0",
    withSettings({ "net/ipv4/conf/eth0/forwarding": "0" }),
  ],
  [
    "ForwardingOff",
    "net.ipv6.conf.all.forwarding is 0",
    withSettings({ "net/ipv6/conf/all/forwarding": "0" }),
  ],
  [
    "ReversePathStrict",
    "net.ipv4.conf.eth0.rp_filter is 1, which is strict on eth0",
    withSettings({ "net/ipv4/conf/eth0/rp_filter": "1" }),
  ],
  [
    "ReversePathStrict",
    "net.ipv4.conf.all.rp_filter is 1",
    withSettings({ "net/ipv4/conf/all/rp_filter": "1" }),
  ],
  [
    "MtuBelowPods",
    "eth0 carries packets of 1400 bytes, and a pod's link veth2 of 1500",
    withKernel({
      links: [
        { name: "eth0", mtu: 1400 },
        { name: "veth2", mtu: 1500 },
      ],
    }),
  ],
  ["NextHopNotOnLink", "10.11.0.2 of 1 are on no network", withContext({ nextHops: ["10.11.0.2"] })],
  ["NextHopSilent", "10.10.0.9 of 2", withContext({ nextHops: ["10.10.0.2", "10.10.0.9"] })],
  [
    "PathTooNarrow",
    "of 2 next hops that answer, packets of 1500 bytes do not reach fd10::2",
    withKernel({
      paths: [
        { address: "10.10.0.2", bytes: 1500, large: "arrived" },
        { address: "fd10::2", bytes: 1500, large: "lost" },
      ],
    }),
  ],
  ["ClockOffset", "1.500 s behind that of the agent", withContext({ clockOffsetSeconds: 1.5 })],
  [
    "BirdUnreachable",
    "ENOENT",
    { ...healthy, bird: { reachable: false, why: "connect ENOENT /run/bird/bird.ctl" } },
  ],
  ["BirdConfigInvalid", "bird.conf:7: syntax error", withBird({ fault: "8002 bird.conf:7: syntax error" })],
  ["BirdNotIncluded", "without sealane_install", withBird({ functions: ["sealane_announce"] })],
  [
    "BirdFilterWithholds",
    "no export filter accepts what sealane_install() does: kernel4 keeps back 3",
    withBird({ kernels: [{ name: "kernel4", table: "master4", taken: 0, withheld: 3 }] }),
  ],
  [
    "BirdFilterWithholds",
    "sealane_announce()",
    withBird({ sessions: [{ name: "router4", table: "master4", taken: 0, withheld: 2 }] }),
  ],
  ["KubeProxyMasqueradesAll", "masqueradeAll: true", withProxy({ masqueradeAll: true })],
  [
    "KubeProxyLocalUnknown",
    'clusterCIDR is "10.1.0.0/16", without IPv6',
    withProxy({ clusterCidrs: ["10.1.0.0/16"] }),
  ],
  ["KubeProxyLocalUnknown", 'detectLocalMode is ""', withProxy({ detectLocalMode: "" })],
  [
    "KubeProxyLocalUnknown",
    "is not named",
    withProxy({ detectLocalMode: "BridgeInterface", bridgeInterface: "" }),
  ],
  ["KubeProxyLocalTooWide", "meets 10.2.0.0/16", withProxy({ clusterCidrs: ["10.0.0.0/8", "fd00:1::/56"] })],
  [
    "KubeProxyLocalTooWide",
    "eth0 leads to other clusters",
    withProxy({ detectLocalMode: "InterfaceNamePrefix", interfaceNamePrefix: "e" }),
  ],
  ["CheckNotMade", "no such file", { ...healthy, kernel: { known: false, why: "no such file" } }],
  ["CheckNotMade", "refused", { ...healthy, kubeProxy: { known: false, why: "refused" } }],
])("%s: %s", (reason, said, state) => {
  const { findings } = tallyChecks(judgeNode(state));
  expect(findings.map((finding) => finding.reason)).toEqual([reason]);
  expect(findings[0]?.message).toContain(said);
});

test.each<[what: string, NodeState]>([
  [
    "hashing by a mask with ports",
    withSettings({ "net/ipv4/fib_multipath_hash_policy": "3", "net/ipv4/fib_multipath_hash_fields": "55" }),
  ],
  [
    "loose reverse path filtering, which wins over strict",
    withSettings({ "net/ipv4/conf/all/rp_filter": "1", "net/ipv4/conf/eth0/rp_filter": "2" }),
  ],
  [
    "a second session that announces while one does not",
    withBird({ sessions: [...bird.sessions, { name: "other4", table: "master4", taken: 0, withheld: 2 }] }),
  ],
  [
    "local detection by the pods' interfaces",
    withProxy({ detectLocalMode: "InterfaceNamePrefix", interfaceNamePrefix: "veth" }),
  ],
  ["local detection by the node's ranges", withProxy({ detectLocalMode: "NodeCIDR", clusterCidrs: [] })],
])("nothing is said against %s", (_what, state) => {
  expect(tallyChecks(judgeNode(state)).findings).toEqual([]);
});

test("what cannot apply is not counted: one family, no pods known, no next hops, no routes in BIRD, no kube-proxy", () => {
  const bare: NodeState = {
    context: { nextHops: [], podPrefixes: [], peerPodPrefixes: [], clockOffsetSeconds: undefined },
    kernel: {
      known: true,
      value: { ...kernel, networks: kernel.networks.slice(0, 1), podLinks: [], paths: [] },
    },
    bird: {
      ...bird,
      kernels: [{ name: "kernel4", table: "master4", taken: 0, withheld: 0 }],
      sessions: [],
    },
    kubeProxy: undefined,
  };
  expect(judgeNode(bare).map(({ subject }) => subject)).toEqual([
    "net.ipv4.fib_multipath_hash_policy",
    "net.ipv4.ip_forward",
    "net.ipv4.conf.eth0.forwarding",
    "rp_filter of eth0",
    "BIRD",
    "BIRD's files",
    "BIRD's include",
  ]);
});
