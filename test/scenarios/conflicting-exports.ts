// Services of one name in two clusters that differ in one way each, and what their exports must be told. Text and values
// only; their endpoints are written by hand, so that nobody else writes while they stand.

import type { LabCluster } from "../lab/index.ts";
import { kubectlJson } from "./story.ts";

/** Namespace of all of them, in both clusters. */
export const conflictsNamespace = "conflicts";

type Fields = Readonly<Record<string, unknown>>;

/** One way in which two exports of a name conflict. */
export interface ConflictScenario {
  /** The services' names begin with it. */
  readonly name: string;
  /** The reason in both exports' Conflict condition. */
  readonly reason: string;
  /** What the younger cluster's Service has otherwise. */
  readonly service: Fields;
  /** What the younger cluster's export has otherwise. */
  readonly exported: Fields;
}

const port = { name: "http", port: 80, targetPort: 8080, protocol: "TCP" };

/** In each, the older cluster's Service is a plain one in both families, with one port. */
export const conflictScenarios: readonly ConflictScenario[] = [
  { name: "ports", reason: "PortConflict", service: { ports: [{ ...port, port: 81 }] }, exported: {} },
  { name: "type", reason: "TypeConflict", service: { clusterIP: "None" }, exported: {} },
  { name: "labels", reason: "LabelsConflict", service: {}, exported: { exportedLabels: { tier: "web" } } },
  {
    name: "families",
    reason: "IPFamilyConflict",
    service: { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"] },
    exported: {},
  },
  {
    name: "affinity",
    reason: "SessionAffinityConflict",
    service: { sessionAffinity: "ClientIP" },
    exported: {},
  },
];

/** What the younger cluster's objects have otherwise; the older's have nothing. */
export type Difference = Pick<ConflictScenario, "service" | "exported">;

/** The older cluster's difference. */
export const none: Difference = { service: {}, exported: {} };

/** A Service and its hand-written slices on a node, as one List for kubectl. */
export async function serviceList(
  cluster: LabCluster,
  names: readonly { readonly name: string; readonly difference: Difference }[],
): Promise<string> {
  const node = cluster.nodes[0]?.name ?? "";
  const addresses = await freeAddresses(cluster, node);
  const items = names.flatMap(({ name, difference }) => [
    serviceOf(name, difference),
    sliceOf(name, "IPv4", addresses[0], node),
    ...(difference.service["ipFamilyPolicy"] === "SingleStack"
      ? []
      : [sliceOf(name, "IPv6", addresses[1], node)]),
  ]);
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/** A ServiceExport. */
export function exportOf(name: string, { exported }: Difference): object {
  return {
    apiVersion: "multicluster.x-k8s.io/v1beta1",
    kind: "ServiceExport",
    metadata: { name, namespace: conflictsNamespace },
    spec: exported,
  };
}

function serviceOf(name: string, { service }: Difference): object {
  const spec = { ipFamilyPolicy: "PreferDualStack", ports: [port], ...service };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: conflictsNamespace }, spec };
}

function sliceOf(name: string, family: "IPv4" | "IPv6", address: string, nodeName: string): object {
  const labels = { "kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "story" };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-${family.toLowerCase()}`, namespace: conflictsNamespace, labels },
    addressType: family,
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [
      { addresses: [address], nodeName, conditions: { ready: true, serving: true, terminating: false } },
    ],
  };
}

/** At the end of the node's own pod ranges, IPv4 first: the CNI plugin gives addresses from the beginning. */
async function freeAddresses(cluster: LabCluster, node: string): Promise<[string, string]> {
  const { spec } = await kubectlJson<{ spec: { podCIDRs: string[] } }>(cluster, ["get", "node", node]);
  const [v4 = "", v6 = ""] = spec.podCIDRs;
  return [v4.replace(/\.0\/24$/, ".251"), v6.replace(/::\/64$/, "::251")];
}
