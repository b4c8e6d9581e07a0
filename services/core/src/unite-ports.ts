// The ports of a merged service (KEP-1645, "Service Port"): the union of all exports' ports, in which a name and a
// (protocol, number) is there once. Decides nothing about who is told.

import { compareText } from "./compare.ts";
import type { ExportPort } from "./facts.ts";

/**
 * The union of port sets given by seniority, sorted. First each name goes to the oldest set that has it, the empty one
 * too; then, of the ports that are left, each protocol and number goes to the oldest.
 */
export function uniteExportPorts(sets: readonly (readonly ExportPort[])[]): readonly ExportPort[] {
  const byName = firstOf(sets.flat(), (port) => port.name);
  return firstOf(byName, (port) => `${port.protocol}/${port.port}`).toSorted(compareExportPorts);
}

/** Orders ports by name, then protocol, then number. */
function compareExportPorts(a: ExportPort, b: ExportPort): number {
  return compareText(a.name, b.name) || compareText(a.protocol, b.protocol) || a.port - b.port;
}

/** Equal for ports that are one to a client: name, protocol and number agree. What is spoken there is a hint. */
export function portKey({ name, protocol, port }: ExportPort): string {
  return `${protocol}/${port}/${name}`;
}

function firstOf(ports: readonly ExportPort[], keyOf: (port: ExportPort) => string): readonly ExportPort[] {
  const first = new Map<string, ExportPort>();
  for (const port of ports) {
    const key = keyOf(port);
    if (!first.has(key)) first.set(key, port);
  }
  return [...first.values()];
}
