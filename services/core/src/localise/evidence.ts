// What a view proves against a route of an earlier wish (law 2): missing data proves nothing. A route or a hop
// goes when a complete shard does not have it any more, or when a value that is there says so.

import { importShard, memberShard, nodeShard, reachShard, stubShard } from "../published-shards.ts";
import type { View } from "../view.ts";
import { hasReadyPod, hostRoute } from "./candidates.ts";
import type { NodeIndex } from "./node-index.ts";
import { parsePurpose, serviceOf, type Purpose } from "./purpose.ts";

/** A prefix as an earlier wish had it. */
export interface Earlier {
  readonly prefix: string;
  readonly cluster: string;
  /** As formatPurpose writes it. */
  readonly purpose: string;
}

/** One node's part in an earlier route: by its name, or by the address that was its next hop. */
export type EarlierNode = { readonly name: string } | { readonly address: string };

/** Whether the view proves that the whole prefix is not the cluster's to serve any more, or was never made by us. */
export function isPrefixDisproved(view: View, { prefix, cluster, purpose: text }: Earlier): boolean {
  if (view.member(cluster) === undefined && view.complete(memberShard)) return true;
  const purpose = parsePurpose(text);
  if (purpose === undefined) return true;
  switch (purpose.kind) {
    case "pods":
      return false;
    case "meshDns": {
      const stub = new Map(view.stubs()).get(cluster);
      return stub === undefined ? view.complete(stubShard) : !stub.addresses.map(hostRoute).includes(prefix);
    }
    case "service": {
      const service = view.import(purpose.namespace, purpose.name);
      const exporter = service?.exporters.find((it) => it.cluster === cluster);
      if (exporter === undefined) return view.complete(importShard(purpose.namespace));
      return !exporter.clusterAddresses.map(hostRoute).includes(prefix);
    }
  }
}

/** Whether the view proves that the node does not serve the prefix any more. */
export function isNodeDisproved(view: View, index: NodeIndex, earlier: Earlier, node: EarlierNode): boolean {
  const purpose = parsePurpose(earlier.purpose);
  const nodes = index.clusters.get(earlier.cluster);
  const name = "name" in node ? node.name : nodes?.byAddress.get(node.address);
  const fact = name === undefined ? undefined : nodes?.byName.get(name);
  if (purpose === undefined) return true;
  if (name === undefined || fact === undefined) {
    return view.complete(nodeShard(earlier.cluster)) || isMoved(index, earlier, purpose, node);
  }
  if (purpose.kind === "pods") return !fact.podPrefixes.includes(earlier.prefix);
  if (!fact.ready) return true;
  const service = serviceOf(purpose)!;
  const reach = new Map(view.reach(earlier.cluster, service.namespace, service.name)).get(name);
  return reach === undefined
    ? view.complete(reachShard(earlier.cluster, service.namespace))
    : !hasReadyPod(reach);
}

/** A node of pods that is known, but without the address that was the hop: it has another one now. */
function isMoved(index: NodeIndex, { cluster }: Earlier, purpose: Purpose, node: EarlierNode): boolean {
  return (
    "address" in node &&
    purpose.kind === "pods" &&
    index.clusters.get(cluster)?.byName.has(purpose.node) === true
  );
}
