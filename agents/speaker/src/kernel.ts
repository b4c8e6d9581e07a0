// What the kernel has: its main routing table and the networks that are on-link, read with iproute2's JSON.
// It only reads; routes are the daemon's to write.

import { addressBits, canonicalAddress, canonicalPrefix, formatPrefix, parseAddress } from "@sealane/core";
import type { KernelRoute } from "./driver.ts";
import type { Ip } from "./ip.ts";

/** A network that this node is attached to. */
export interface OnLinkNetwork {
  /** Canonical CIDR. */
  readonly prefix: string;
  /** The node's own address in it, canonical. */
  readonly address: string;
  readonly link: string;
}

/** Reads the kernel. Both reject when it can not be read: unknown is not empty. */
export interface Kernel {
  /** The main table of both families. */
  routes(): Promise<readonly KernelRoute[]>;
  /** Networks of the links that are up, without link-local and loopback ones. */
  networks(): Promise<readonly OnLinkNetwork[]>;
}

/** The kernel as `ip -json` shows it. */
export function kernel(ip: Ip): Kernel {
  return {
    routes: async () => {
      const [routes4, routes6] = await Promise.all([ip.routes(4), ip.routes(6)]);
      return [
        ...routes4.map((route) => parseRoute(route, 4)),
        ...routes6.map((route) => parseRoute(route, 6)),
      ];
    },
    networks: async () => (await ip.addresses()).flatMap(parseLink),
  };
}

interface IpHop {
  readonly gateway?: string;
  readonly via?: { readonly host: string };
}

interface IpRoute extends IpHop {
  readonly type?: string;
  readonly dst: string;
  readonly protocol?: string;
  readonly metric?: number;
  readonly nexthops?: readonly IpHop[];
}

/** One element of `ip -json route show`; iproute2 leaves out what has its default. */
export function parseRoute(element: unknown, family: 4 | 6): KernelRoute {
  const { type, dst, protocol, metric, nexthops, ...single } = element as IpRoute;
  const hops = (nexthops ?? [single]).flatMap(({ gateway, via }) => gateway ?? via?.host ?? []);
  return {
    prefix: parseDestination(dst, family),
    type: type ?? "unicast",
    protocol: protocol ?? "boot",
    metric: metric ?? 0,
    nextHops: hops.map(canonicalAddress).toSorted(),
  };
}

function parseDestination(destination: string, family: 4 | 6): string {
  if (destination === "default") return family === 4 ? "0.0.0.0/0" : "::/0";
  if (destination.includes("/")) return canonicalPrefix(destination);
  return canonicalPrefix(`${destination}/${family === 4 ? 32 : 128}`);
}

interface IpLink {
  readonly ifname: string;
  readonly addr_info?: readonly {
    readonly local?: string;
    /** The other end of a point-to-point link. */
    readonly address?: string;
    readonly prefixlen: number;
    readonly scope: string;
  }[];
}

/** One element of `ip -json address show`. */
export function parseLink(element: unknown): readonly OnLinkNetwork[] {
  const { ifname, addr_info = [] } = element as IpLink;
  return addr_info.flatMap(({ local, address, prefixlen, scope }) => {
    if (scope !== "global" || local === undefined) return [];
    const { family, value } = parseAddress(address ?? local);
    const hostBits = BigInt(addressBits(family) - prefixlen);
    const network = { family, address: (value >> hostBits) << hostBits, length: prefixlen };
    return [{ prefix: formatPrefix(network), address: canonicalAddress(local), link: ifname }];
  });
}
