// Facts as bytes. Encoding is canonical: equal values give equal bytes, so sums can be compared.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ClusterFact, ExportFact, NamespaceFact, NodeFact, ReachFact } from "@sealane/core";
import {
  ClusterFactSchema,
  ExportFactSchema,
  NamespaceFactSchema,
  NodeFactSchema,
  ReachFactSchema,
} from "../generated/sealane/v1/facts_pb.ts";
import { exportedEndpointsWords, rangeKindWords, serviceTypeWords } from "./enums.ts";
import { decodePorts, encodePorts, sortedRecord } from "./ports.ts";

export function encodeClusterFact(fact: ClusterFact): Uint8Array {
  return toBinary(
    ClusterFactSchema,
    create(ClusterFactSchema, {
      incarnation: fact.incarnation,
      ranges: fact.ranges.map(({ prefix, kind, source }) => ({
        prefix,
        kind: rangeKindWords.encode(kind),
        source,
      })),
      dnsAddresses: [...fact.dnsAddresses],
      dnsPort: fact.dnsPort,
      clusterDnsAddresses: [...fact.clusterDnsAddresses],
      version: fact.version,
    }),
  );
}

export function decodeClusterFact(bytes: Uint8Array): ClusterFact {
  const m = fromBinary(ClusterFactSchema, bytes);
  return {
    incarnation: m.incarnation,
    ranges: m.ranges.map(({ prefix, kind, source }) => ({
      prefix,
      kind: rangeKindWords.decode(kind),
      source,
    })),
    dnsAddresses: m.dnsAddresses,
    dnsPort: m.dnsPort,
    clusterDnsAddresses: m.clusterDnsAddresses,
    version: m.version,
  };
}

export function encodeNodeFact(fact: NodeFact): Uint8Array {
  return toBinary(
    NodeFactSchema,
    create(NodeFactSchema, {
      addresses: [...fact.addresses],
      podPrefixes: [...fact.podPrefixes],
      ready: fact.ready,
      zone: fact.zone,
    }),
  );
}

export function decodeNodeFact(bytes: Uint8Array): NodeFact {
  const { addresses, podPrefixes, ready, zone } = fromBinary(NodeFactSchema, bytes);
  return { addresses, podPrefixes, ready, zone };
}

export function encodeNamespaceFact(_fact: NamespaceFact): Uint8Array {
  return toBinary(NamespaceFactSchema, create(NamespaceFactSchema, {}));
}

export function decodeNamespaceFact(bytes: Uint8Array): NamespaceFact {
  fromBinary(NamespaceFactSchema, bytes);
  return {};
}

export function encodeExportFact(fact: ExportFact): Uint8Array {
  return toBinary(
    ExportFactSchema,
    create(ExportFactSchema, {
      uid: fact.uid,
      createdUnixSeconds: BigInt(fact.createdAt),
      type: serviceTypeWords.encode(fact.type),
      clusterAddresses: [...fact.clusterAddresses],
      ipFamilies: [...fact.ipFamilies],
      ports: encodePorts(fact.ports),
      sessionAffinity: fact.sessionAffinity,
      sessionAffinityTimeoutSeconds: fact.sessionAffinityTimeoutSeconds,
      internalTrafficPolicy: fact.internalTrafficPolicy,
      trafficDistribution: fact.trafficDistribution,
      labels: sortedRecord(fact.labels),
      annotations: sortedRecord(fact.annotations),
      endpoints: exportedEndpointsWords.encode(fact.endpoints),
    }),
  );
}

export function decodeExportFact(bytes: Uint8Array): ExportFact {
  const m = fromBinary(ExportFactSchema, bytes);
  return {
    uid: m.uid,
    createdAt: Number(m.createdUnixSeconds),
    type: serviceTypeWords.decode(m.type),
    clusterAddresses: m.clusterAddresses,
    ipFamilies: m.ipFamilies,
    ports: decodePorts(m.ports),
    sessionAffinity: m.sessionAffinity,
    sessionAffinityTimeoutSeconds: m.sessionAffinityTimeoutSeconds,
    internalTrafficPolicy: m.internalTrafficPolicy,
    trafficDistribution: m.trafficDistribution,
    labels: sortedRecord(m.labels),
    annotations: sortedRecord(m.annotations),
    endpoints: exportedEndpointsWords.decode(m.endpoints),
  };
}

export function encodeReachFact(fact: ReachFact): Uint8Array {
  return toBinary(
    ReachFactSchema,
    create(ReachFactSchema, {
      zone: fact.zone,
      groups: fact.groups.map(({ ports, pods }) => ({
        ports: encodePorts(ports),
        pods: pods.map((pod) => ({ ...pod, addresses: [...pod.addresses] })),
      })),
    }),
  );
}

export function decodeReachFact(bytes: Uint8Array): ReachFact {
  const m = fromBinary(ReachFactSchema, bytes);
  return {
    zone: m.zone,
    groups: m.groups.map((group) => ({
      ports: decodePorts(group.ports),
      pods: group.pods.map(({ addresses, ready, serving, terminating, hostname, pod }) => ({
        addresses,
        ready,
        serving,
        terminating,
        hostname,
        pod,
      })),
    })),
  };
}
