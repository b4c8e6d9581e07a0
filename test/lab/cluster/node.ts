// Starts a cluster's node on its machine: containerd with the lab's images, kubelet, kube-proxy. The pod
// network comes later, when the controller-manager has given the node its ranges (pod-network.ts).

import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { segment } from "../addresses.ts";
import { startDaemon } from "../machine/daemon.ts";
import { writeMachineFiles } from "../machine/files.ts";
import { outputOn, runOn } from "../machine/machine.ts";
import type { Machine } from "../machine/machine.ts";
import { stateDirectory } from "../paths.ts";
import type { ClusterPlan, NodePlan } from "../topology.ts";
import { waitUntil } from "../wait.ts";
import { kubernetesDirectory } from "./control-plane.ts";
import type { ClusterAuthority } from "./control-plane.ts";
import { containerdConfig, kubeletConfig, kubeProxyConfig, masqueradeRules } from "./node-config.ts";
import type { Snapshotter } from "./node-config.ts";

const containerdTimeoutMs = 60_000;
const importTimeoutMs = 180_000;
const overlayMagic = 0x794c7630;

/** Starts containerd on a machine, with nothing of a cluster yet, and waits until it answers. */
export async function startContainerd(machine: Machine): Promise<void> {
  await writeMachineFiles(machine.name, "/etc/containerd", {
    "config.toml": containerdConfig(await snapshotter()),
  });
  await startDaemon(machine, { name: "containerd", argv: ["containerd"], env: { GOGC: "200" } });
  await waitForContainerd(machine);
}

/** Waits until containerd answers. */
export async function waitForContainerd(machine: Machine): Promise<void> {
  await waitUntil(
    { what: `containerd on ${machine.name} to answer`, timeoutMs: containerdTimeoutMs },
    async () => (await runOn(machine, ["ctr", "version"])).status === 0,
  );
}

/** Imports a docker-archive into the node's containerd. */
export async function importImage(machine: Machine, archive: string): Promise<void> {
  await outputOn(
    machine,
    ["ctr", "--namespace=k8s.io", "images", "import", `--snapshotter=${await snapshotter()}`, archive],
    { timeoutMs: importTimeoutMs },
  );
}

/** Imports the lab's own images from their folder. */
export async function importImages(machine: Machine, folder: string): Promise<void> {
  for (const name of ["pause", "coredns", "tools"]) await importImage(machine, join(folder, `${name}.tar`));
}

/** Writes the node's configuration and starts kubelet and kube-proxy. The API server must answer. */
export async function startNode(machine: Machine, cluster: ClusterAuthority, node: NodePlan): Promise<void> {
  const { plan } = cluster;
  await writeMachineFiles(machine.name, kubernetesDirectory, {
    "pki/ca.crt": cluster.authority.certificate,
    "kubelet.yaml": kubeletConfig(plan, node),
    "kubelet.conf": await cluster.kubeconfigFor({
      commonName: `system:node:${node.name}`,
      organization: "system:nodes",
    }),
    "kube-proxy.yaml": kubeProxyConfig(plan, node),
    "kube-proxy.conf": await cluster.kubeconfigFor({ commonName: "system:kube-proxy" }),
  });
  await writeMasqueradeRules(machine, plan);
  const env = { GOGC: "200" };
  await startDaemon(machine, {
    name: "kubelet",
    argv: [
      "kubelet",
      `--config=${kubernetesDirectory}/kubelet.yaml`,
      `--kubeconfig=${kubernetesDirectory}/kubelet.conf`,
      "--cert-dir=/var/lib/kubelet/pki",
      "--root-dir=/var/lib/kubelet",
      `--hostname-override=${node.name}`,
      `--node-ip=${node.address.v4},${node.address.v6}`,
    ],
    env,
  });
  await startDaemon(machine, {
    name: "kube-proxy",
    argv: ["kube-proxy", `--config=${kubernetesDirectory}/kube-proxy.yaml`],
    env,
  });
}

/** Writes the node's own nftables table. */
export async function writeMasqueradeRules(machine: Machine, plan: ClusterPlan): Promise<void> {
  await outputOn(machine, ["nft", "-f", "-"], { input: masqueradeRules(plan, segment) });
}

async function snapshotter(): Promise<Snapshotter> {
  // An overlay cannot keep its upper layer on another overlay, as inside a container.
  return (await statfs(stateDirectory)).type === overlayMagic ? "native" : "overlayfs";
}
