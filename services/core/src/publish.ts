// What the hub publishes of its world: the shards, their keys, their values, and whether they are whole.
// `shardIds` x `keysOf` x `lookup` is the full pass, the oracle of everything incremental.

import { heldAddresses, heldNode, heldReach, nothingAdmitted, serviceKinds } from "./admission.ts";
import { compareText } from "./compare.ts";
import type { NodeFact, ReachFact } from "./facts.ts";
import { clusterZone } from "./names.ts";
import type { ExportStatus, Member, MergedService, Stub } from "./published.ts";
import { isMeshDns, meshNamespace, reachKey, splitReachKey } from "./reach-key.ts";
import type { ShardId } from "./shard.ts";
import type { Admission, World } from "./world.ts";

/** A value that travels down. */
export type PublishedValue = Member | NodeFact | ReachFact | MergedService | Stub | ExportStatus;

/** Every shard that the world publishes, empty ones included; sorted by kind as they are sent, origin, namespace. */
export function shardIds(world: World): readonly ShardId[] {
  const clusters = [...world.origins.keys()].toSorted(compareText);
  const namespacesOf = new Map(clusters.map((cluster) => [cluster, exportNamespaces(world, cluster)]));
  const merged = new Set([...namespacesOf.values()].flat());
  return [
    { kind: "member", origin: "", namespace: "" },
    ...clusters.map((origin): ShardId => ({ kind: "node", origin, namespace: "" })),
    ...[...merged]
      .toSorted(compareText)
      .map((namespace): ShardId => ({ kind: "import", origin: "", namespace })),
    ...clusters.flatMap((origin) => {
      const namespaces = new Set([...namespacesOf.get(origin)!, meshNamespace]);
      return [...namespaces]
        .toSorted(compareText)
        .map((namespace): ShardId => ({ kind: "reach", origin, namespace }));
    }),
    ...clusters.flatMap((origin) =>
      namespacesOf.get(origin)!.map((namespace): ShardId => ({ kind: "exportStatus", origin, namespace })),
    ),
    { kind: "stub", origin: "", namespace: "" },
  ];
}

/** Keys of a shard's entries, sorted; a key whose value is refused whole is left out. */
export function keysOf(world: World, id: ShardId): readonly string[] {
  return [...candidateKeys(world, id)]
    .filter((key) => lookup(world, id, key) !== undefined)
    .toSorted(compareText);
}

/** The value of an entry, or undefined when the world publishes none. */
export function lookup(world: World, id: ShardId, key: string): PublishedValue | undefined {
  switch (id.kind) {
    case "member":
      return memberOf(world, key);
    case "stub":
      return stubOf(world, key);
    case "node":
      return nodeOf(world, id.origin, key);
    case "reach":
      return reachOf(world, id.origin, id.namespace, key);
    case "import":
      return world.services.get(id.namespace)?.get(key)?.service;
    case "exportStatus":
      return statusOf(world, id.origin, id.namespace, key);
    case "cluster":
    case "namespace":
    case "export":
    case "path":
      return undefined;
  }
}

/** What the hub decided about an export; undefined when the cluster exports nothing of that name. */
export function statusOf(
  world: World,
  cluster: string,
  namespace: string,
  name: string,
): ExportStatus | undefined {
  return world.services.get(namespace)?.get(name)?.statuses.get(cluster);
}

/** Whether the pods of a cluster's service are published: its export is accepted, or it is the mesh-dns. */
export function isReachPublished(world: World, cluster: string, namespace: string, service: string): boolean {
  if (world.leaving.has(cluster)) return false;
  return isMeshDns(namespace, service) || statusOf(world, cluster, namespace, service)?.accepted === true;
}

/** The member's entry. */
export function memberOf(world: World, cluster: string): Member | undefined {
  const fact = world.origins.get(cluster)?.cluster.entries.get("");
  const departure = world.leaving.get(cluster);
  if (fact === undefined && departure === undefined) return undefined;
  const asn = world.declared.clusters.get(cluster)?.asn ?? 0;
  const ranges = admissionFor(world, cluster).verdicts;
  const member = { incarnation: fact?.incarnation ?? "", ranges, asn };
  return departure === undefined ? member : { ...member, departure };
}

/** The cluster's DNS. */
export function stubOf(world: World, cluster: string): Stub | undefined {
  const fact = world.origins.get(cluster)?.cluster.entries.get("");
  if (fact === undefined || world.leaving.has(cluster)) return undefined;
  const { meshZone } = world.declared;
  const addresses = heldAddresses(admissionFor(world, cluster), fact.dnsAddresses, serviceKinds);
  return { zone: clusterZone(cluster, meshZone), meshZone, addresses, port: fact.dnsPort };
}

/** A node as others may know it. */
export function nodeOf(world: World, cluster: string, node: string): NodeFact | undefined {
  const origin = world.origins.get(cluster);
  const fact = origin?.nodes.entries.get(node);
  // Before its cluster's ranges are known a node would look as if it had no address: better not known at all.
  if (fact === undefined || !origin?.cluster.entries.has("") || world.leaving.has(cluster)) return undefined;
  return heldNode(admissionFor(world, cluster), fact);
}

function reachOf(world: World, cluster: string, namespace: string, key: string): ReachFact | undefined {
  const { service, node } = splitReachKey(key);
  const fact = world.origins.get(cluster)?.reach.get(namespace)?.services.get(service)?.get(node);
  if (fact === undefined || !isReachPublished(world, cluster, namespace, service)) return undefined;
  return heldReach(admissionFor(world, cluster), fact);
}

function admissionFor(world: World, cluster: string): Admission {
  return world.admissions.get(cluster) ?? nothingAdmitted;
}

/** Namespaces in which the cluster has or had exports, sorted. */
function exportNamespaces(world: World, cluster: string): readonly string[] {
  return [...(world.origins.get(cluster)?.exports.keys() ?? [])].toSorted(compareText);
}

function candidateKeys(world: World, id: ShardId): Iterable<string> {
  const origin = world.origins.get(id.origin);
  switch (id.kind) {
    case "member":
      return new Set([...world.origins.keys(), ...world.leaving.keys()]);
    case "stub":
      return world.origins.keys();
    case "node":
      return origin?.nodes.entries.keys() ?? [];
    case "reach":
      return reachKeys(world, id.origin, id.namespace);
    case "import":
      return world.services.get(id.namespace)?.keys() ?? [];
    case "exportStatus":
      return origin?.exports.get(id.namespace)?.entries.keys() ?? [];
    case "cluster":
    case "namespace":
    case "export":
    case "path":
      return [];
  }
}

function* reachKeys(world: World, cluster: string, namespace: string): Generator<string, undefined> {
  const services = world.origins.get(cluster)?.reach.get(namespace)?.services;
  for (const [service, nodes] of services ?? [])
    for (const node of nodes.keys()) yield reachKey(service, node);
}
