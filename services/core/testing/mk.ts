// Short ways to write facts and worlds in tests. Defaults are a healthy dual-stack cluster; every argument
// says only what matters to the test.

import {
  emptyWorld,
  reduce,
  type ClusterDocument,
  type ClusterFact,
  type Declared,
  type ExportFact,
  type ExportPort,
  type Fact,
  type FactKind,
  type FactValue,
  type NodeFact,
  type Range,
  type RangeKind,
  type ReachFact,
  type ReachPod,
  type World,
} from "../src/index.ts";
import { deepFreeze } from "./freeze.ts";

/** `range("pod", "10.1.0.0/16")`. */
export function range(kind: RangeKind, prefix: string): Range {
  return { kind, prefix, source: "test" };
}

/** A cluster's fact. */
export function clusterFact(ranges: readonly Range[], more: Partial<ClusterFact> = {}): ClusterFact {
  return {
    incarnation: "one",
    ranges,
    dnsAddresses: [],
    dnsPort: 1053,
    clusterDnsAddresses: [],
    version: "0.1.0",
    ...more,
  };
}

/** The ranges of cluster number `n`: pods, services and two nodes in each family. */
export function rangesOf(n: number): readonly Range[] {
  return [
    range("pod", `10.${n}.0.0/16`),
    range("service", `10.10${n}.0.0/16`),
    range("node", `172.16.0.${n}1/32`),
    range("node", `172.16.0.${n}2/32`),
    range("pod", `fd00:${n}::/64`),
    range("service", `fd00:${n}:1::/108`),
    range("node", `fd00::${n}1/128`),
    range("node", `fd00::${n}2/128`),
  ];
}

/** Node `index` (1 or 2) of cluster number `n`, with its pod prefixes. */
export function nodeFact(n: number, index: number, more: Partial<NodeFact> = {}): NodeFact {
  return {
    addresses: [`172.16.0.${n}${index}`, `fd00::${n}${index}`],
    podPrefixes: [`10.${n}.${index}.0/24`, `fd00:${n}::${index}00/120`],
    ready: true,
    zone: "",
    ...more,
  };
}

/** An export of a ClusterIP service with port http 80. */
export function exportFact(more: Partial<ExportFact> = {}): ExportFact {
  return {
    uid: "uid",
    createdAt: 1000,
    type: "ClusterSetIP",
    clusterAddresses: [],
    ipFamilies: ["IPv4", "IPv6"],
    ports: [{ name: "http", protocol: "TCP", port: 80, appProtocol: "" }],
    sessionAffinity: "None",
    sessionAffinityTimeoutSeconds: 0,
    internalTrafficPolicy: "Cluster",
    trafficDistribution: "",
    labels: {},
    annotations: {},
    endpoints: "pods",
    ...more,
  };
}

/** A port of an export; TCP unless said otherwise. */
export function exportPort(name: string, port: number, more: Partial<ExportPort> = {}): ExportPort {
  return { name, protocol: "TCP", port, appProtocol: "", ...more };
}

/** A pod; ready unless said otherwise. */
export function pod(addresses: readonly string[], more: Partial<ReachPod> = {}): ReachPod {
  return { addresses, ready: true, serving: true, terminating: false, hostname: "", pod: "", ...more };
}

/** Pods of one service on one node, behind port http 8080. */
export function reachFact(pods: readonly ReachPod[], more: Partial<ReachFact> = {}): ReachFact {
  return {
    zone: "",
    groups: [{ ports: [{ name: "http", protocol: "TCP", port: 8080, appProtocol: "" }], pods }],
    ...more,
  };
}

/** Documents with the zone mesh.example and pools. */
export function declared(more: Partial<Declared> = {}, clusters: readonly ClusterDocument[] = []): Declared {
  return {
    meshZone: "mesh.example",
    pools: [],
    reserved: [],
    clusters: new Map(clusters.map((document) => [document.name, document])),
    ...more,
  };
}

/** A document that allows everything but what is given. */
export function clusterDocument(name: string, more: Partial<ClusterDocument> = {}): ClusterDocument {
  return { name, claims: undefined, exportNamespaces: undefined, asn: 0, ...more };
}

/** Where a section stands. */
export interface SectionOf {
  readonly cluster: string;
  readonly kind: FactKind;
  readonly namespace?: string;
}

/** A complete section with these values. */
export function section(of: SectionOf, values: Readonly<Record<string, FactValue>>): Fact {
  const shard = { kind: of.kind, origin: of.cluster, namespace: of.namespace ?? "" };
  return { type: "section", shard, upserts: Object.entries(values), removed: [], complete: true };
}

/** A complete section that takes keys away. */
export function removal(of: SectionOf, removed: readonly string[]): Fact {
  const shard = { kind: of.kind, origin: of.cluster, namespace: of.namespace ?? "" };
  return { type: "section", shard, upserts: [], removed, complete: true };
}

/** The section as a piece before its shard's end. */
export function incomplete(fact: Fact): Fact {
  return fact.type === "section" ? { ...fact, complete: false } : fact;
}

/** Everything a healthy cluster number `n` says: two nodes, shop/web with a pod on each, mesh-dns on the first. */
export function healthy(cluster: string, n: number): readonly Fact[] {
  return [
    section(
      { cluster, kind: "cluster" },
      { "": clusterFact(rangesOf(n), { dnsAddresses: [`10.10${n}.0.53`, `fd00:${n}:1::53`] }) },
    ),
    section({ cluster, kind: "namespace" }, { shop: {}, "sealane-system": {} }),
    section({ cluster, kind: "node" }, { [`${cluster}1`]: nodeFact(n, 1), [`${cluster}2`]: nodeFact(n, 2) }),
    section(
      { cluster, kind: "export", namespace: "shop" },
      {
        web: exportFact({
          uid: cluster,
          createdAt: 1000 + n,
          clusterAddresses: [`10.10${n}.0.80`, `fd00:${n}:1::80`],
        }),
      },
    ),
    section(
      { cluster, kind: "reach", namespace: "shop" },
      {
        [`web/${cluster}1`]: reachFact([pod([`10.${n}.1.7`, `fd00:${n}::107`])]),
        [`web/${cluster}2`]: reachFact([pod([`10.${n}.2.7`, `fd00:${n}::207`])]),
      },
    ),
    section(
      { cluster, kind: "reach", namespace: "sealane-system" },
      { [`mesh-dns/${cluster}1`]: reachFact([pod([`10.${n}.1.53`, `fd00:${n}::153`])]) },
    ),
    { type: "synced", cluster },
  ];
}

/** The world after facts; every world on the way is frozen. */
export function worldOf(facts: readonly Fact[], from: World = emptyWorld(declared())): World {
  return facts.reduce((world, fact) => deepFreeze(reduce(world, fact).world), deepFreeze(from));
}
