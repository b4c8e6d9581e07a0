// What may enter a Corefile: zone names and addresses, judged here and nowhere else. Refuses anything with
// a meaning to the Corefile's grammar by admitting letters, digits, hyphens, dots and canonical addresses only.

import { isIP, SocketAddress } from "node:net";

/** The zone of imported services in every cluster (KEP-1645). */
export const clustersetZone = "clusterset.local";

/** Labels below the mesh zone that no cluster may have: the name server's own name, and the beacon's. */
const reservedLabels: readonly string[] = ["gen", "ns"];

/** One lower-case label of letters, digits and hyphens (RFC 1123, 2.1). */
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What is wrong with a mesh zone, for a person; undefined when nothing is. */
export function meshZoneProblem(zone: string): string | undefined {
  const labels = zone.split(".");
  if (zone.length > 190 || !labels.every((part) => label.test(part))) {
    return `mesh zone ${quoted(zone)} is not a name of lower-case letters, digits and hyphens of at most 190 characters`;
  }
  if (labels.length < 2) return `mesh zone "${zone}" has one label; use two or more, such as "mesh.${zone}"`;
  if (["arpa", "local", "localhost"].includes(labels.at(-1) ?? "")) {
    return `mesh zone "${zone}" lies under ".${labels.at(-1)}", which hosts and clusters resolve in their own way; use a domain that you own`;
  }
  return undefined;
}

/** What is wrong with a cluster's zone, which must be one label under the mesh zone; undefined when nothing is. */
export function clusterZoneProblem(zone: string, meshZone: string): string | undefined {
  if (!zone.endsWith(`.${meshZone}`)) return `zone ${quoted(zone)} is not under mesh zone "${meshZone}"`;
  const cluster = clusterOf(zone, meshZone);
  if (!label.test(cluster)) return `zone ${quoted(zone)} is not one RFC 1123 label under "${meshZone}"`;
  if (reservedLabels.includes(cluster)) return `cluster name "${cluster}" is reserved; rename the cluster`;
  return undefined;
}

/** The label in front of the mesh zone. */
function clusterOf(zone: string, meshZone: string): string {
  return zone.slice(0, -meshZone.length - 1);
}

/** What is wrong with an address, which must be IPv4 or IPv6 in canonical text (RFC 5952); undefined when nothing is. */
export function addressProblem(address: string): string | undefined {
  const family = isIP(address);
  if (family === 0 || address.includes("%")) return `${quoted(address)} is not an IPv4 or IPv6 address`;
  const canonical = new SocketAddress({ address, family: family === 4 ? "ipv4" : "ipv6" }).address;
  return canonical === address ? undefined : `address "${address}" is not canonical; write "${canonical}"`;
}

/** `1.2.3.4:53` or `[fd00::1]:53`. */
export function withPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The addresses once each, IPv4 first, in order of their text. */
export function sortedAddresses(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].toSorted((a, b) => isIP(a) - isIP(b) || (a < b ? -1 : 1));
}

/** Foreign text for an error: quoted, escaped, and no longer than a person reads. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
