// What a cluster says of itself as a whole. Pure.

import type { ClusterFact, NodeFact, Range } from "@sealane/core";
import { version } from "@sealane/core";
import { sortedAddresses } from "./addresses.ts";
import type { Node } from "./parse-node.ts";
import type { Service } from "./parse-service.ts";

/** Port at which mesh-dns answers peers. */
const meshDnsPeerPort = 1053;

/** What a ClusterFact is made of. */
export interface ClusterParts {
  /** UID of the namespace `kube-system`. */
  readonly incarnation: string;
  readonly ranges: readonly Range[];
  /** Service `sealane-system/mesh-dns`. */
  readonly meshDns: Service | undefined;
  /** Service `kube-system/kube-dns`. */
  readonly clusterDns: Service | undefined;
}

/** The fact of the cluster. */
export function clusterFact(parts: ClusterParts): ClusterFact {
  return {
    incarnation: parts.incarnation,
    ranges: parts.ranges,
    dnsAddresses: sortedAddresses(parts.meshDns?.clusterAddresses ?? []),
    dnsPort: meshDnsPeerPort,
    clusterDnsAddresses: parts.clusterDns?.clusterAddresses ?? [],
    version,
  };
}

/** The fact of a node. */
export function nodeFact({ addresses, podPrefixes, ready, zone }: Node): NodeFact {
  return { addresses, podPrefixes, ready, zone };
}
