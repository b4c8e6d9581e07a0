// The lab's whole address plan: the segment, the plain hosts, and per cluster its index's addresses,
// ranges and AS number. Pure; it knows no machine and reads nothing.

/** One value per address family. */
export interface DualStack {
  readonly v4: string;
  readonly v6: string;
}

/** The one network segment of shape `flat`, as prefixes. */
export const segment: DualStack = { v4: "172.30.0.0/16", v6: "fd00:30::/64" };

/** The switch: the nodes' default gateway, the site's resolver and the clusters' etcd. */
export const switchAddress: DualStack = { v4: "172.30.0.1", v6: "fd00:30::1" };

/** The machine that the lab runs on, as seen from the segment. */
export const hostAddress: DualStack = { v4: "172.30.0.2", v6: "fd00:30::2" };

/** The plain host for the hub process. */
export const hubAddress: DualStack = { v4: "172.30.0.10", v6: "fd00:30::10" };

/** The plain host outside every cluster that takes routes by BGP. */
export const outsideAddress: DualStack = { v4: "172.30.0.20", v6: "fd00:30::20" };

/** AS number of the outside host. */
export const outsideAsn = 64500;

/** Most clusters one lab can hold: the segment's third octet is 10 + index. */
export const clustersMax = 40;

/** Most nodes one cluster can hold: the segment's fourth octet is 10 + number. */
export const nodesMax = 200;

/** AS number of the cluster with this index (0 is the first). */
export function clusterAsn(index: number): number {
  return 64601 + index;
}

/** The API server's address of the cluster with this index. IPv6 hextets repeat the decimal digits. */
export function controlPlaneAddress(index: number): DualStack {
  return { v4: `172.30.${10 + index}.1`, v6: `fd00:30::${10 + index}:1` };
}

/** The segment address of a cluster's node; `number` counts from 1. */
export function nodeAddress(index: number, number: number): DualStack {
  return { v4: `172.30.${10 + index}.${10 + number}`, v6: `fd00:30::${10 + index}:${10 + number}` };
}

/** The pod ranges of the cluster with this index; the controller-manager cuts one /24 and one /64 a node. */
export function podRange(index: number): DualStack {
  return { v4: `10.${64 + index}.0.0/16`, v6: `fd00:10:${64 + index}::/56` };
}

/** The service ranges of the cluster with this index. */
export function serviceRange(index: number): DualStack {
  return { v4: `10.${112 + index}.0.0/16`, v6: `fd00:10:${112 + index}::/112` };
}

/** The prefix lengths that each node's pod range gets out of its cluster's. */
export function nodeMaskSizes(pods: DualStack): { readonly v4: number; readonly v6: number } {
  return { v4: Math.max(24, prefixLength(pods.v4)), v6: Math.max(64, prefixLength(pods.v6)) };
}

/** The address `offset` places after each prefix's first one: 1 is the API's Service, 10 is cluster DNS. */
export function addressIn(range: DualStack, offset: number): DualStack {
  return { v4: addV4(base(range.v4), offset), v6: addV6(base(range.v6), offset) };
}

/** The number of leading bits in a prefix such as `10.64.0.0/16`. */
export function prefixLength(prefix: string): number {
  const bits = Number(prefix.split("/")[1]);
  if (!Number.isInteger(bits)) throw new Error(`Cannot read prefix "${prefix}": no length after "/"`);
  return bits;
}

/** The index that a cluster's name asks for: `a` is 0, `z` 25; other names have none of their own. */
export function indexOfName(name: string): number | undefined {
  return /^[a-z]$/.test(name) ? name.charCodeAt(0) - "a".charCodeAt(0) : undefined;
}

function base(prefix: string): string {
  return prefix.split("/")[0] ?? prefix;
}

function addV4(address: string, offset: number): string {
  const value = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0) + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function addV6(address: string, offset: number): string {
  if (!address.endsWith("::")) {
    throw new Error(`Cannot count addresses in "${address}": write the IPv6 range so that it ends in "::"`);
  }
  return `${address}${offset.toString(16)}`;
}
