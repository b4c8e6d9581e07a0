// Ports and string maps: the pieces that facts and published values share.

import type { ExportPort } from "@sealane/core";
import type { ServicePort } from "../generated/sealane/v1/facts_pb.ts";
import { protocolWords } from "./enums.ts";

/** Ports as protobuf init values. */
export function encodePorts(ports: readonly ExportPort[]) {
  return ports.map(({ name, protocol, port, appProtocol }) => ({
    name,
    protocol: protocolWords.encode(protocol),
    port,
    appProtocol,
  }));
}

/** Ports of core. */
export function decodePorts(ports: readonly ServicePort[]): ExportPort[] {
  return ports.map(({ name, protocol, port, appProtocol }) => ({
    name,
    protocol: protocolWords.decode(protocol),
    port,
    appProtocol,
  }));
}

/** The same record with its keys in order, so that equal content encodes to equal bytes. */
export function sortedRecord(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
