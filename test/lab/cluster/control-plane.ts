// A cluster's control plane: API server, controller-manager and scheduler on one machine. It makes the
// cluster's certificates and gives access to it; nodes are node.ts's.

import { addressIn, nodeMaskSizes, switchAddress } from "../addresses.ts";
import { makeAuthority, makeSigningKeys, sign } from "../certificates.ts";
import type { Authority, Subject } from "../certificates.ts";
import { startDaemon } from "../machine/daemon.ts";
import { writeMachineFiles } from "../machine/files.ts";
import type { Machine } from "../machine/machine.ts";
import type { ClusterPlan } from "../topology.ts";
import { kubeconfig } from "./kubeconfig.ts";
import type { Access } from "./kubeconfig.ts";

/** What joins a cluster needs: its plan, and certificates on demand. */
export interface ClusterAuthority {
  readonly plan: ClusterPlan;
  readonly authority: Authority;
  /** The administrator's access. */
  readonly admin: Access;
  /** A kubeconfig for a component with this identity. */
  readonly kubeconfigFor: (subject: Subject) => Promise<string>;
}

/** Where Kubernetes keeps its files on every machine. */
export const kubernetesDirectory = "/etc/kubernetes";

const pki = `${kubernetesDirectory}/pki`;
const apiPort = 6443;

/** A new authority for the cluster. */
export async function makeClusterAuthority(plan: ClusterPlan): Promise<ClusterAuthority> {
  const authority = await makeAuthority(`sealane-lab-${plan.name}`);
  const access = async (user: string, subject: Subject): Promise<Access> => ({
    cluster: plan.name,
    user,
    server: `https://${plan.controlPlane.address.v4}:${apiPort}`,
    authority: authority.certificate,
    identity: await sign(authority, subject),
  });
  return {
    plan,
    authority,
    admin: await access(`${plan.name}-admin`, {
      commonName: `${plan.name}-admin`,
      organization: "system:masters",
    }),
    kubeconfigFor: async (subject) => kubeconfig([await access(subject.commonName, subject)]),
  };
}

const env = { GOGC: "200" };

/** Writes all certificates and starts the API server. It does not wait for it. */
export async function startApiServer(machine: Machine, cluster: ClusterAuthority): Promise<void> {
  await writeFiles(machine, cluster);
  await startDaemon(machine, { name: "kube-apiserver", argv: apiServerArguments(cluster.plan), env });
}

/** Starts controller-manager and scheduler. The API server must answer: the former gives up after 10 s. */
export async function startControllers(machine: Machine, plan: ClusterPlan): Promise<void> {
  await startDaemon(machine, {
    name: "kube-controller-manager",
    argv: controllerManagerArguments(plan),
    env,
  });
  await startDaemon(machine, {
    name: "kube-scheduler",
    argv: [
      "kube-scheduler",
      `--kubeconfig=${kubernetesDirectory}/scheduler.conf`,
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
    ],
    env,
  });
}

/** The API server's command line. */
export function apiServerArguments(plan: ClusterPlan): readonly string[] {
  return [
    "kube-apiserver",
    `--etcd-servers=http://${switchAddress.v4}:2379`,
    `--etcd-prefix=${etcdPrefix(plan.name)}`,
    "--bind-address=::",
    `--advertise-address=${plan.controlPlane.address.v4}`,
    `--secure-port=${apiPort}`,
    `--service-cluster-ip-range=${plan.services.v4},${plan.services.v6}`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${pki}/sa.pub`,
    `--service-account-signing-key-file=${pki}/sa.key`,
    `--client-ca-file=${pki}/ca.crt`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    // Without a client certificate for kubelets, exec and logs are refused.
    `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
    `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
    "--kubelet-preferred-address-types=InternalIP",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
  ];
}

/** The controller-manager's command line: its default set of controllers, and it gives nodes their pod ranges. */
export function controllerManagerArguments(plan: ClusterPlan): readonly string[] {
  const masks = nodeMaskSizes(plan.pods);
  return [
    "kube-controller-manager",
    `--kubeconfig=${kubernetesDirectory}/controller-manager.conf`,
    `--root-ca-file=${pki}/ca.crt`,
    `--cluster-signing-cert-file=${pki}/ca.crt`,
    `--cluster-signing-key-file=${pki}/ca.key`,
    `--service-account-private-key-file=${pki}/sa.key`,
    "--use-service-account-credentials=true",
    "--allocate-node-cidrs=true",
    `--cluster-cidr=${plan.pods.v4},${plan.pods.v6}`,
    `--node-cidr-mask-size-ipv4=${masks.v4}`,
    `--node-cidr-mask-size-ipv6=${masks.v6}`,
    `--service-cluster-ip-range=${plan.services.v4},${plan.services.v6}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
  ];
}

/** Where the shared etcd keeps a cluster. */
export function etcdPrefix(cluster: string): string {
  return `/clusters/${cluster}`;
}

async function writeFiles(machine: Machine, cluster: ClusterAuthority): Promise<void> {
  const { authority, plan } = cluster;
  const api = addressIn(plan.services, 1);
  const server = await sign(authority, {
    commonName: "kube-apiserver",
    names: [
      ...["kubernetes", "kubernetes.default", "kubernetes.default.svc"],
      ...["kubernetes.default.svc.cluster.local", "localhost", plan.controlPlane.name],
    ],
    addresses: [
      ...[plan.controlPlane.address.v4, plan.controlPlane.address.v6],
      ...[api.v4, api.v6, "127.0.0.1", "::1"],
    ],
  });
  const kubeletClient = await sign(authority, {
    commonName: "kube-apiserver-kubelet-client",
    organization: "system:masters",
  });
  const tokens = await makeSigningKeys();
  const files: Readonly<Record<string, string>> = {
    "pki/ca.crt": authority.certificate,
    "pki/ca.key": authority.key,
    "pki/sa.key": tokens.key,
    "pki/sa.pub": tokens.publicKey,
    "pki/apiserver.crt": server.certificate,
    "pki/apiserver.key": server.key,
    "pki/apiserver-kubelet-client.crt": kubeletClient.certificate,
    "pki/apiserver-kubelet-client.key": kubeletClient.key,
    "controller-manager.conf": await cluster.kubeconfigFor({ commonName: "system:kube-controller-manager" }),
    "scheduler.conf": await cluster.kubeconfigFor({ commonName: "system:kube-scheduler" }),
  };
  await writeMachineFiles(machine.name, kubernetesDirectory, files);
}
