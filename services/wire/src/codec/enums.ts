// Closed lists of words, both ways between core's strings and protobuf's numbers. A number that this
// version does not know is refused, never guessed.

import type {
  Departure,
  ExportedEndpoints,
  Protocol,
  RangeKind,
  ServiceType,
  ShardKind,
} from "@sealane/core";
import {
  ExportedEndpoints as WireEndpoints,
  Protocol as WireProtocol,
  RangeKind as WireRange,
  ServiceType as WireType,
} from "../generated/sealane/v1/facts_pb.ts";
import { Departure as WireDeparture } from "../generated/sealane/v1/published_pb.ts";
import { ShardKind as WireKind } from "../generated/sealane/v1/shard_pb.ts";
import { WireError } from "../error.ts";

interface Words<Word extends string, Value extends number> {
  readonly encode: (word: Word) => Value;
  readonly decode: (value: number) => Word;
}

function words<Word extends string, Value extends number>(
  what: string,
  table: Record<Word, Value>,
): Words<Word, Value> {
  const back = new Map<number, Word>();
  for (const word of Object.keys(table) as Word[]) back.set(table[word], word);
  return {
    encode: (word) => table[word],
    decode: (value) => {
      const word = back.get(value);
      if (word === undefined) throw new WireError("malformed", `unknown ${what} ${value}`);
      return word;
    },
  };
}

export const shardKindWords = words<ShardKind, WireKind>("shard kind", {
  cluster: WireKind.CLUSTER,
  node: WireKind.NODE,
  namespace: WireKind.NAMESPACE,
  export: WireKind.EXPORT,
  reach: WireKind.REACH,
  path: WireKind.PATH,
  member: WireKind.MEMBER,
  import: WireKind.IMPORT,
  stub: WireKind.STUB,
  exportStatus: WireKind.EXPORT_STATUS,
});

export const rangeKindWords = words<RangeKind, WireRange>("range kind", {
  pod: WireRange.POD,
  service: WireRange.SERVICE,
  node: WireRange.NODE,
  loadBalancer: WireRange.LOAD_BALANCER,
  reserved: WireRange.RESERVED,
});

export const protocolWords = words<Protocol, WireProtocol>("protocol", {
  TCP: WireProtocol.TCP,
  UDP: WireProtocol.UDP,
  SCTP: WireProtocol.SCTP,
});

export const serviceTypeWords = words<ServiceType, WireType>("service type", {
  ClusterSetIP: WireType.CLUSTER_SET_IP,
  Headless: WireType.HEADLESS,
});

export const exportedEndpointsWords = words<ExportedEndpoints, WireEndpoints>("exported endpoints", {
  pods: WireEndpoints.UNSPECIFIED,
  vip: WireEndpoints.VIP,
});

export const departureWords = words<Departure | "staying", WireDeparture>("departure", {
  staying: WireDeparture.UNSPECIFIED,
  withdrawing: WireDeparture.WITHDRAWING,
  dismissed: WireDeparture.DISMISSED,
});
