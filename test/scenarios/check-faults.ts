// Faults of clusters and nodes as hands make them, each planted and undone, with what `sealane check` must say of it.
// The lab's machines have their own settings, links and daemons, so nothing here reaches beyond one of them.

import { outputOn, restartDaemon, stopDaemon, writeMachineFiles } from "../lab/index.ts";
import type { Lab, LabCluster, Machine } from "../lab/index.ts";
import { clusterOf, kubectl, kubectlJson } from "./story.ts";

/** One fault. */
export interface Fault {
  readonly name: string;
  /** Where it must be found. */
  readonly cluster: string;
  /** Null when it is the cluster's. */
  readonly node: string | null;
  readonly reason: string;
  /** What the finding's message must hold. */
  readonly says: string;
  readonly plant: (lab: Lab) => Promise<void>;
  readonly undo: (lab: Lab) => Promise<void>;
}

type Hands = Pick<Fault, "plant" | "undo">;

function nodeOf(lab: Lab, name: string): Machine {
  const node = lab.clusters.flatMap(({ nodes }) => nodes).find((machine) => machine.name === name);
  if (node === undefined) throw new Error(`The lab has no node "${name}"`);
  return node;
}

function settingFault(node: string, reason: string, path: string, wrong: number, right: number): Fault {
  return {
    name: `${path} = ${wrong} on ${node}`,
    cluster: node.slice(0, 1),
    node,
    reason,
    says: path.replaceAll("/", "."),
    plant: (lab) => writeSetting(nodeOf(lab, node), path, wrong),
    undo: (lab) => writeSetting(nodeOf(lab, node), path, right),
  };
}

function setMtu(node: string, bytes: number): Fault["plant"] {
  return async (lab) => {
    await outputOn(nodeOf(lab, node), ["ip", "link", "set", "eth0", "mtu", String(bytes)]);
  };
}

const kernelFaults: readonly Fault[] = [
  settingFault("a1", "MultipathHashCoarse", "net/ipv4/fib_multipath_hash_policy", 0, 1),
  settingFault("b1", "MultipathHashCoarse", "net/ipv6/fib_multipath_hash_policy", 0, 1),
  settingFault("a2", "ForwardingOff", "net/ipv4/ip_forward", 0, 1),
  settingFault("b1", "ForwardingOff", "net/ipv6/conf/all/forwarding", 0, 1),
  settingFault("c1", "ReversePathStrict", "net/ipv4/conf/eth0/rp_filter", 1, 0),
  {
    name: "MTU of eth0 = 1400 on b2",
    cluster: "b",
    node: "b2",
    reason: "MtuBelowPods",
    says: "eth0 carries packets of 1400 bytes",
    plant: setMtu("b2", 1400),
    undo: setMtu("b2", 1500),
  },
  {
    name: "MTU of eth0 = 1400 on b2, as node a1 feels it",
    cluster: "a",
    node: "a1",
    reason: "PathTooNarrow",
    says: "packets of 1500 bytes do not reach",
    plant: setMtu("b2", 1400),
    undo: setMtu("b2", 1500),
  },
];

async function writeSetting(machine: Machine, path: string, value: number): Promise<void> {
  await outputOn(machine, ["sh", "-eu"], { input: `echo ${value} > /proc/sys/${path}` });
}

const birdMain = { directory: "/etc/bird", name: "bird.conf" } as const;

const birdFaults: readonly Fault[] = [
  {
    name: "BIRD's kernel protocols no longer call sealane_install() on c2",
    cluster: "c",
    node: "c2",
    reason: "BirdFilterWithholds",
    says: "sealane_install()",
    ...andThen(
      fileFault("c2", birdMain, (text) => text.replaceAll("export where sealane_install()", "export none")),
      async (lab) => void (await outputOn(nodeOf(lab, "c2"), ["birdc", "configure"])),
    ),
  },
  {
    name: "BIRD's main file has a broken line that BIRD has not read yet on a2",
    cluster: "a",
    node: "a2",
    reason: "BirdConfigInvalid",
    says: "bird.conf",
    ...fileFault("a2", birdMain, (text) => `${text}\nprotocol bgp {{\n`),
  },
  {
    name: "BIRD killed on c1",
    cluster: "c",
    node: "c1",
    reason: "BirdUnreachable",
    says: "/run/bird/bird.ctl",
    plant: (lab) => stopDaemon(nodeOf(lab, "c1"), "bird", "SIGKILL"),
    undo: async (lab) => void (await restartDaemon(nodeOf(lab, "c1"), "bird")),
  },
];

/** A file of a node changed by hand, and put back byte for byte. */
function fileFault(
  node: string,
  { directory, name }: { readonly directory: string; readonly name: string },
  change: (text: string) => string,
): Hands {
  let before: string | undefined;
  return {
    plant: async (lab) => {
      before = await outputOn(nodeOf(lab, node), ["cat", `${directory}/${name}`]);
      const after = change(before);
      if (after === before) throw new Error(`The change of ${directory}/${name} on ${node} changes nothing`);
      await writeMachineFiles(node, directory, { [name]: after });
    },
    undo: async () => {
      if (before !== undefined) await writeMachineFiles(node, directory, { [name]: before });
    },
  };
}

/** Has a daemon take what was changed, and take it back. */
function andThen({ plant, undo }: Hands, take: Fault["plant"]): Hands {
  return {
    plant: async (lab) => plant(lab).then(() => take(lab)),
    undo: async (lab) => undo(lab).then(() => take(lab)),
  };
}

function kubeProxyFault(node: string, change: (text: string) => string): Hands {
  const file = fileFault(node, { directory: "/etc/kubernetes", name: "kube-proxy.yaml" }, change);
  return andThen(file, async (lab) => void (await restartDaemon(nodeOf(lab, node), "kube-proxy")));
}

const kubeProxyFaults: readonly Fault[] = [
  {
    name: "kube-proxy masquerades all on a3",
    cluster: "a",
    node: "a3",
    reason: "KubeProxyMasqueradesAll",
    says: "masqueradeAll: true",
    ...kubeProxyFault("a3", (text) => `${text}nftables:\n  masqueradeAll: true\n`),
  },
  {
    name: "kube-proxy's clusterCIDR lacks IPv6 on a3",
    cluster: "a",
    node: "a3",
    reason: "KubeProxyLocalUnknown",
    says: "without IPv6",
    ...kubeProxyFault("a3", (text) => text.replace(/^(clusterCIDR: "?[^,\s"]+),[^\s"]*/m, "$1")),
  },
];

const clusterFaults: readonly Fault[] = [
  {
    name: "a second block for the mesh's zone in c's Corefile",
    cluster: "c",
    node: null,
    reason: "ZoneForeign",
    says: "2 blocks serve mesh.example",
    ...objectFault("c", ["-n", "kube-system", "configmap", "coredns"], (object) => {
      const data = object["data"] as Record<string, string>;
      const more = "mesh.example:53 {\n    whoami\n}\n";
      return { ...object, data: { ...data, Corefile: `${data["Corefile"]}${more}` } };
    }),
  },
  {
    name: "the agent of b may not review tokens",
    cluster: "b",
    node: null,
    reason: "PermissionMissing",
    says: "create tokenreviews.authentication.k8s.io",
    ...objectFault("b", ["clusterrole", "sealane-agent"], (object) => {
      const rules = object["rules"] as { readonly resources: readonly string[] }[];
      return { ...object, rules: rules.filter(({ resources }) => !resources.includes("tokenreviews")) };
    }),
  },
  {
    name: "b does not serve ServiceImports as v1alpha1",
    cluster: "b",
    node: null,
    reason: "DefinitionNotServed",
    says: "v1alpha1, which mesh-dns needs",
    ...objectFault("b", ["customresourcedefinition", "serviceimports.multicluster.x-k8s.io"], (object) => {
      const spec = object["spec"] as { readonly versions: readonly { readonly name: string }[] };
      const versions = spec.versions.map((version) =>
        version.name === "v1alpha1" ? { ...version, served: false } : version,
      );
      return { ...object, spec: { ...spec, versions } };
    }),
  },
];

/** Every fault, in the order in which they are planted. */
export const faults: readonly Fault[] = [
  ...kernelFaults,
  ...birdFaults,
  ...kubeProxyFaults,
  ...clusterFaults,
];

/** An object changed by an administrator, and put back as it was. */
function objectFault(
  name: string,
  which: readonly string[],
  change: (object: Record<string, unknown>) => Record<string, unknown>,
): Hands {
  let before: Record<string, unknown> | undefined;
  return {
    plant: async (lab) => {
      const cluster = clusterOf(lab, name);
      const found = await kubectlJson<Record<string, unknown>>(cluster, ["get", ...which]);
      const { name: of, namespace, labels, annotations } = found["metadata"] as Record<string, unknown>;
      const { status: _, ...rest } = found;
      before = { ...rest, metadata: { name: of, namespace, labels, annotations } };
      await replace(cluster, change(before));
    },
    undo: async (lab) => {
      if (before !== undefined) await replace(clusterOf(lab, name), before);
    },
  };
}

/** Applied as the lab itself applies its manifests, so that the next one finds nobody else's fields. */
async function replace(cluster: LabCluster, object: Record<string, unknown>): Promise<void> {
  const argv = ["apply", "--server-side", "--force-conflicts", "--field-manager=lab", "--filename=-"];
  await kubectl(cluster, argv, JSON.stringify(object));
}
