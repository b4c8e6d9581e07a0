// The ports of a merged service (KEP-1645, "Service Port"): the union of all exports' ports, in which a name and a
// (protocol, number) is there once. Decides nothing about who is told.

import { compareText } from "./compare.ts";
import type { ExportPort } from "./facts.ts";

/**
 * The union of port sets given by seniority, sorted. First each name goes to the oldest set that has it, the empty one
 * too, and with it the name that is made for it; then, of the ports that are left, each protocol and number goes to the
 * oldest.
 */
export function uniteExportPorts(sets: readonly (readonly ExportPort[])[]): readonly ExportPort[] {
  return firstOfNumber(firstOfName(sets.flat())).toSorted(compareExportPorts);
}

/** A name for a port without one, for where every port needs one: made of its number, and no other port's. */
export function madePortName({ protocol, port }: ExportPort, taken: ReadonlySet<string>): string {
  const made = `port-${port}-${protocol.toLowerCase()}`;
  let name = made;
  for (let number = 2; taken.has(name); number++) name = `${made}-${number}`;
  return name;
}

/** Orders ports by name, then protocol, then number. */
function compareExportPorts(a: ExportPort, b: ExportPort): number {
  return compareText(a.name, b.name) || compareText(a.protocol, b.protocol) || a.port - b.port;
}

/** Equal for ports that are one to a client: name, protocol and number agree. What is spoken there is a hint. */
export function portKey({ name, protocol, port }: ExportPort): string {
  return `${protocol}/${port}/${name}`;
}

function firstOfName(ports: readonly ExportPort[]): readonly ExportPort[] {
  const taken = new Set<string>();
  return ports.filter((port) => {
    if (taken.has(port.name)) return false;
    taken.add(port.name);
    // A younger port of that name would otherwise take it, and the traffic that it stands for.
    if (port.name === "") taken.add(madePortName(port, taken));
    return true;
  });
}

function firstOfNumber(ports: readonly ExportPort[]): readonly ExportPort[] {
  const taken = new Set<string>();
  return ports.filter(({ protocol, port }) => {
    const number = `${protocol}/${port}`;
    return !taken.has(number) && taken.add(number);
  });
}
