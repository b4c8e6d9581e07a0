// Renders what a node's daemons read: containerd, the CNI plugin, kubelet, kube-proxy. Pure.

import { stringify } from "yaml";
import type { DualStack } from "../addresses.ts";
import { groupOf, podsGroup } from "../machine/cgroup.ts";
import { imageNames } from "../images/names.ts";
import type { ClusterPlan, NodePlan } from "../topology.ts";

/** How containerd keeps unpacked layers: `native` copies, where overlays cannot stack. */
export type Snapshotter = "overlayfs" | "native";

const containerdSocket = "/run/containerd/containerd.sock";

/** containerd's config.toml. */
export function containerdConfig(snapshotter: Snapshotter): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.tracing",
]

[grpc]
  address = "${containerdSocket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${imageNames.pause}"
  disable_apparmor = true
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "${snapshotter}"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"
`;
}

/**
 * The CNI configuration: every pod on a cable of its own to the node, which routes. Nothing is bridged,
 * so Service traffic between two pods of one node passes the node's nftables both ways; nothing is
 * masqueraded.
 */
export function cniConfig(podRanges: readonly string[]): string {
  return JSON.stringify(
    {
      cniVersion: "0.4.0",
      name: "sealane-lab",
      plugins: [
        {
          type: "ptp",
          mtu: 1500,
          ipMasq: false,
          ipam: {
            type: "host-local",
            dataDir: "/run/cni/ipam",
            ranges: podRanges.map((subnet) => [{ subnet }]),
            routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
          },
        },
      ],
    },
    undefined,
    2,
  );
}

/** KubeletConfiguration. Limits and evictions are off: all nodes share one machine's disk and memory. */
export function kubeletConfig(cluster: ClusterPlan, node: NodePlan): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: "/etc/kubernetes/pki/ca.crt" },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    clusterDomain: "cluster.local",
    // As kubeadm does, one family: a resolver that gets two asks the second only when the first is silent.
    clusterDNS: [cluster.dns.v4],
    resolvConf: "/etc/resolv.conf",
    cgroupDriver: "cgroupfs",
    // Below the machine's own group, where "down" finds every process of every pod.
    cgroupRoot: `/${groupOf(node.name, podsGroup)}`,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
    // Changed ConfigMaps reach their volumes within this and the kubelet's cache of them.
    syncFrequency: "10s",
    configMapAndSecretChangeDetectionStrategy: "Watch",
    evictionHard: {
      "memory.available": "0%",
      "nodefs.available": "0%",
      "nodefs.inodesFree": "0%",
      "imagefs.available": "0%",
      "imagefs.inodesFree": "0%",
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    nodeStatusUpdateFrequency: "5s",
    shutdownGracePeriod: "0s",
    serializeImagePulls: false,
  });
}

/** KubeProxyConfiguration: nftables, and only sources outside the cluster's pod ranges are masqueraded. */
export function kubeProxyConfig(cluster: ClusterPlan, node: NodePlan): string {
  return stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    hostnameOverride: node.name,
    bindAddress: "0.0.0.0",
    clientConnection: { kubeconfig: "/etc/kubernetes/kube-proxy.conf" },
    detectLocalMode: "ClusterCIDR",
    clusterCIDR: `${cluster.pods.v4},${cluster.pods.v6}`,
    // These limits are the whole machine's and cannot be set from a node's namespace.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  });
}

/**
 * The node's own nftables table: pods reach machines of the segment as the node, as clouds do it, since
 * those have no route back to pods. Traffic between pods, of any cluster, keeps its source.
 */
export function masqueradeRules(cluster: ClusterPlan, segment: DualStack): string {
  return `table inet lab-masquerade
delete table inet lab-masquerade
table inet lab-masquerade {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${cluster.pods.v4} ip daddr ${segment.v4} oifname "eth0" masquerade
    ip6 saddr ${cluster.pods.v6} ip6 daddr ${segment.v6} oifname "eth0" masquerade
  }
}
`;
}
