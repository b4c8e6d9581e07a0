// The lab as the scenarios tell their stories in it: cluster `a` of three nodes, `b` and `c` of two, Sealane on all of
// them. Owns verbs (apply, fetch, look up, read a kernel's routes); each scenario owns what it expects.

import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { objectPath, resources } from "../../agents/cluster/src/kube/resource.ts";
import { asAdministrator } from "../lab/cluster/administrator.ts";
import { applyManifests, parseManifests } from "../lab/cluster/apply.ts";
import { waitUntilRolledOut } from "../lab/cluster/rollout.ts";
import {
  clusterOf,
  openLab,
  output,
  outputOn,
  parseUpOptions,
  program,
  up,
  waitUntil,
} from "../lab/index.ts";
import type { Lab, LabCluster, Machine } from "../lab/index.ts";
import { deploySealane } from "../lab/sealane.ts";

/** Namespace of the stories' workloads, in every cluster. */
export const shop = "shop";

/** Whose the fields are that stories apply: that of kubectl, with which they are changed by hand too. */
const fieldManager = "kubectl";

/** The lab that every scenario needs: brought up when it is not, left up for the next. */
export async function openStory({ nodesOfA = 3 } = {}): Promise<Lab> {
  await up(
    parseUpOptions({ clusters: "a,b,c", nodes: ["2", `a=${nodesOfA}`], podRange: [], serviceRange: [] }),
  );
  const lab = await openLab();
  await deploySealane(lab);
  await Promise.all(
    lab.clusters.map((cluster) =>
      asAdministrator(cluster, async (client) => {
        await applyManifests(client, fieldManager, parseManifests(shopManifest));
        await waitUntilReady(client, "client");
      }),
    ),
  );
  return lab;
}

async function waitUntilReady(client: KubeClient, pod: string): Promise<void> {
  await waitUntil({ what: `pod "${pod}" to be ready at ${client.server}`, timeoutMs: 60_000 }, async () => {
    const { status } = (await client.request("GET", `/api/v1/namespaces/${shop}/pods/${pod}`)) as {
      readonly status: {
        readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      };
    };
    return status.conditions?.some((each) => each.type === "Ready" && each.status === "True") === true;
  });
}

/** kubectl with a cluster's administrator; must succeed. */
export function kubectl(cluster: LabCluster, argv: readonly string[], input?: string): Promise<string> {
  const options = { timeoutMs: 120_000, ...(input === undefined ? {} : { input }) };
  return output([program("kubectl"), `--kubeconfig=${cluster.kubeconfig}`, ...argv], options);
}

/** kubectl, as JSON. */
export async function kubectlJson<T>(cluster: LabCluster, argv: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl(cluster, [...argv, "-o", "json"])) as T;
}

/** Applies the manifests of a Deployment of the shop, and waits until all its pods are ready. */
export async function rollOut(cluster: LabCluster, name: string, manifest: string): Promise<void> {
  await asAdministrator(cluster, async (client) => {
    await applyManifests(client, fieldManager, parseManifests(manifest));
    await waitUntilRolledOut(client, shop, [`deployments/${name}`], 90_000);
  });
}

/** Applies manifests, as `kubectl apply --server-side --force-conflicts` does. */
export function applyText(cluster: LabCluster, text: string): Promise<void> {
  return asAdministrator(cluster, (client) => applyManifests(client, fieldManager, parseManifests(text)));
}

/** What the test server answers: who it is, whom it saw, at which of its addresses. */
export interface Answer {
  readonly pod: string;
  readonly client: string;
  readonly server: string;
}

/** Address families as the `fetch` program names them. */
export type Network = "tcp" | "tcp4" | "tcp6";

export const families: readonly { readonly network: Network; readonly flag: "-4" | "-6" }[] = [
  { network: "tcp4", flag: "-4" },
  { network: "tcp6", flag: "-6" },
];

/** Fetches from the client pod of a cluster, each time over a connection of its own; every one must succeed. */
export async function fetchFromPod(
  cluster: LabCluster,
  network: Network,
  url: string,
  count = 1,
): Promise<Answer[]> {
  const text = await kubectl(cluster, [
    "-n",
    shop,
    "exec",
    "client",
    "--",
    "fetch",
    "-n",
    String(count),
    "-network",
    network,
    url,
  ]);
  return parseAnswers(text);
}

/** The same from a machine of the lab. */
export async function fetchFromMachine(machine: Machine, network: Network, url: string): Promise<Answer[]> {
  return parseAnswers(await outputOn(machine, ["fetch", "-network", network, url]));
}

function parseAnswers(text: string): Answer[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

/** Addresses of a pod, IPv4 first. */
export async function podAddresses(cluster: LabCluster, pod: string): Promise<string[]> {
  const path = `/api/v1/namespaces/${shop}/pods/${pod}`;
  const found = (await asAdministrator(cluster, (client) => client.request("GET", path))) as {
    readonly status: { readonly podIPs: readonly { readonly ip: string }[] };
  };
  return found.status.podIPs.map(({ ip }) => ip);
}

/** Addresses of a Service, IPv4 first. */
export async function serviceAddresses(
  cluster: LabCluster,
  service: string,
  namespace = shop,
): Promise<string[]> {
  const path = objectPath(resources.services, namespace, service);
  const found = (await asAdministrator(cluster, (client) => client.request("GET", path))) as {
    readonly spec: { readonly clusterIPs: readonly string[] };
  };
  return found.spec.clusterIPs.toSorted((a, b) => Number(a.includes(":")) - Number(b.includes(":")));
}

interface KernelRoute {
  readonly gateway?: string;
  readonly nexthops?: readonly { readonly gateway?: string }[];
}

/** The next hops that a machine's kernel has for exactly this address, sorted; empty without such a route. */
export async function nextHops(machine: Machine, address: string): Promise<string[]> {
  const family = address.includes(":") ? "-6" : "-4";
  const text = await outputOn(machine, ["ip", "-j", family, "route", "show", "exact", address]);
  const routes = JSON.parse(text === "" ? "[]" : text) as KernelRoute[];
  return routes
    .flatMap(({ gateway, nexthops }) => [
      ...(gateway === undefined ? [] : [gateway]),
      ...(nexthops ?? []).map((hop) => hop.gateway ?? ""),
    ])
    .toSorted();
}

/** The segment addresses of nodes in one family, sorted. */
export function nodeAddresses(cluster: LabCluster, names: readonly string[], family: "v4" | "v6"): string[] {
  return cluster.plan.nodes
    .filter(({ name }) => names.includes(name))
    .map(({ address }) => address[family])
    .toSorted();
}

/** Asks one DNS server from a cluster's first node: the status and the answers' data. */
export async function dig(
  machine: Machine,
  server: string,
  name: string,
  type: "A" | "AAAA",
): Promise<{ status: string; answers: string[] }> {
  const stdout = await outputOn(machine, ["dig", `@${server}`, name, type, "+tries=1", "+time=2"]);
  const status = /status: ([A-Z]+)/.exec(stdout)?.[1] ?? "NONE";
  const section = /;; ANSWER SECTION:\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? "";
  return {
    status,
    answers: section
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(/\s+/)[4] ?? "")
      .toSorted(),
  };
}

/** Every cluster but this one. */
export function others(lab: Lab, cluster: LabCluster): LabCluster[] {
  return lab.clusters.filter(({ name }) => name !== cluster.name);
}

export { clusterOf };

/** Namespace and client pod of the stories. */
export const shopManifest = `
apiVersion: v1
kind: Namespace
metadata:
  name: ${shop}
---
apiVersion: v1
kind: Pod
metadata:
  name: client
  namespace: ${shop}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: client
      image: sealane-lab/tools:1
      imagePullPolicy: IfNotPresent
      command: [sleep, infinity]
`;
