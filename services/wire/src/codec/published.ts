// Published values as bytes. The hub encodes each once, for every importer.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ExportStatus, Member, MergedService, RangeVerdict, Reason, Stub } from "@sealane/core";
import { reasons } from "@sealane/core";
import type {
  MergedService as WireMerged,
  RangeVerdict as WireVerdict,
} from "../generated/sealane/v1/published_pb.ts";
import {
  ExportStatusSchema,
  MemberSchema,
  MergedServiceSchema,
  RangeVerdictSchema,
  StubSchema,
} from "../generated/sealane/v1/published_pb.ts";
import { WireError } from "../error.ts";
import { departureWords, exportedEndpointsWords, rangeKindWords, serviceTypeWords } from "./enums.ts";
import { decodePorts, encodePorts, sortedRecord } from "./ports.ts";

function decodeReason(text: string): Reason {
  if (Object.hasOwn(reasons, text)) return text as Reason;
  throw new WireError("malformed", `unknown reason "${text}"`);
}

/** A verdict as a protobuf message; the admin API shows the same. */
export function toWireVerdict(verdict: RangeVerdict): WireVerdict {
  return create(RangeVerdictSchema, {
    ...verdict,
    kind: rangeKindWords.encode(verdict.kind),
    reason: verdict.reason ?? "",
  });
}

function fromWireVerdict(m: WireVerdict): RangeVerdict {
  const { prefix, source, admitted, owner, ownerPrefix, overlap, free } = m;
  return {
    prefix,
    kind: rangeKindWords.decode(m.kind),
    source,
    admitted,
    ...(m.reason === "" ? {} : { reason: decodeReason(m.reason) }),
    owner,
    ownerPrefix,
    overlap,
    free,
  };
}

export function encodeMember(member: Member): Uint8Array {
  const { incarnation, ranges, asn, departure = "staying" } = member;
  const init = {
    incarnation,
    ranges: ranges.map(toWireVerdict),
    asn,
    departure: departureWords.encode(departure),
  };
  return toBinary(MemberSchema, create(MemberSchema, init));
}

export function decodeMember(bytes: Uint8Array): Member {
  const { incarnation, ranges, asn, departure: wireDeparture } = fromBinary(MemberSchema, bytes);
  const departure = departureWords.decode(wireDeparture);
  const member = { incarnation, ranges: ranges.map(fromWireVerdict), asn };
  return departure === "staying" ? member : { ...member, departure };
}

/** A merged service as a protobuf message; the admin API shows the same. */
export function toWireMerged(service: MergedService): WireMerged {
  return create(MergedServiceSchema, {
    type: serviceTypeWords.encode(service.type),
    owner: service.owner,
    ports: encodePorts(service.ports),
    ipFamilies: [...service.ipFamilies],
    sessionAffinity: service.sessionAffinity,
    sessionAffinityTimeoutSeconds: service.sessionAffinityTimeoutSeconds,
    internalTrafficPolicy: service.internalTrafficPolicy,
    trafficDistribution: service.trafficDistribution,
    labels: sortedRecord(service.labels),
    annotations: sortedRecord(service.annotations),
    exporters: service.exporters.map(({ cluster, clusterAddresses, ports, endpoints }) => ({
      cluster,
      clusterAddresses: [...clusterAddresses],
      ports: [...ports],
      endpoints: exportedEndpointsWords.encode(endpoints),
    })),
  });
}

export function encodeMergedService(service: MergedService): Uint8Array {
  return toBinary(MergedServiceSchema, toWireMerged(service));
}

export function decodeMergedService(bytes: Uint8Array): MergedService {
  const m = fromBinary(MergedServiceSchema, bytes);
  return {
    type: serviceTypeWords.decode(m.type),
    owner: m.owner,
    ports: decodePorts(m.ports),
    ipFamilies: m.ipFamilies,
    sessionAffinity: m.sessionAffinity,
    sessionAffinityTimeoutSeconds: m.sessionAffinityTimeoutSeconds,
    internalTrafficPolicy: m.internalTrafficPolicy,
    trafficDistribution: m.trafficDistribution,
    labels: sortedRecord(m.labels),
    annotations: sortedRecord(m.annotations),
    exporters: m.exporters.map(({ cluster, clusterAddresses, ports, endpoints }) => ({
      cluster,
      clusterAddresses,
      ports,
      endpoints: exportedEndpointsWords.decode(endpoints),
    })),
  };
}

export function encodeStub(stub: Stub): Uint8Array {
  return toBinary(StubSchema, create(StubSchema, { ...stub, addresses: [...stub.addresses] }));
}

export function decodeStub(bytes: Uint8Array): Stub {
  const { zone, meshZone, addresses, port } = fromBinary(StubSchema, bytes);
  return { zone, meshZone, addresses, port };
}

export function encodeExportStatus(status: ExportStatus): Uint8Array {
  const { accepted, reason, conflicts, message } = status;
  return toBinary(
    ExportStatusSchema,
    create(ExportStatusSchema, { accepted, reason: reason ?? "", conflicts: [...conflicts], message }),
  );
}

export function decodeExportStatus(bytes: Uint8Array): ExportStatus {
  const { accepted, reason, conflicts, message } = fromBinary(ExportStatusSchema, bytes);
  return {
    accepted,
    ...(reason === "" ? {} : { reason: decodeReason(reason) }),
    conflicts: conflicts.map(decodeReason),
    message,
  };
}
