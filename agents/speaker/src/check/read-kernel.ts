// Reads the kernel's settings, links and routes: /proc/sys and iproute2's JSON. It judges nothing.

import { readFile } from "node:fs/promises";
import { containsAddress, containsPrefix, parseAddress, parsePrefix } from "@sealane/core";
import type { Ip } from "../ip.ts";
import type { OnLinkNetwork } from "../kernel.ts";
import { parseLink, parseRoute } from "../kernel.ts";
import type { Link } from "./judge-links.ts";
import type { Settings } from "./judge-settings.ts";
import { settingPaths } from "./judge-settings.ts";
import type { KernelState, NodeContext } from "./node.ts";
import type { Path } from "./probe-paths.ts";
import { probePaths } from "./probe-paths.ts";
import { readNeighbours } from "./read-neighbours.ts";

/** Next hops to which packets of full size are sent in one look. */
const pathsMax = 64;

/** Everything at once. Rejects when something cannot be read: unknown is not empty. */
export async function readKernel(ip: Ip, context: NodeContext): Promise<KernelState> {
  const [addresses, routes4, routes6, neighbours] = await Promise.all([
    ip.addresses(),
    ip.routes(4),
    ip.routes(6),
    readNeighbours(ip.neighbours, context.nextHops),
  ]);
  const networks = addresses.flatMap(parseLink);
  const routes = [
    ...routes4.map((route) => placedRoute(route, 4)),
    ...routes6.map((route) => placedRoute(route, 6)),
  ];
  const uplinks = uplinksOf(routes, networks, context.nextHops);
  const links = addresses.map(parseMtu);
  return {
    settings: await readSettings(settingPaths(uplinks)),
    links,
    networks,
    uplinks,
    podLinks: podLinksOf(routes, context.podPrefixes),
    neighbours,
    paths: await probePaths(pathsTo(context.nextHops, networks, links)),
  };
}

/** Values below a folder that is /proc/sys outside tests. A file that is not there is undefined. */
export async function readSettings(paths: readonly string[], root = "/proc/sys"): Promise<Settings> {
  const entries = paths.map(async (path): Promise<[string, string | undefined]> => {
    try {
      return [path, (await readFile(`${root}/${path}`, "utf8")).trim()];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [path, undefined];
      throw error;
    }
  });
  return new Map(await Promise.all(entries));
}

/** A route with the links that it leaves by. */
export interface PlacedRoute {
  readonly prefix: string;
  readonly links: readonly string[];
  /** False: what it leads to is on the link itself. */
  readonly viaGateway: boolean;
}

/** One element of `ip -json route show`. */
export function placedRoute(element: unknown, family: 4 | 6): PlacedRoute {
  const { dev, nexthops = [] } = element as {
    readonly dev?: string;
    readonly nexthops?: readonly { readonly dev?: string }[];
  };
  const { prefix, type, nextHops } = parseRoute(element, family);
  const links = type === "unicast" ? [dev, ...nexthops.map((hop) => hop.dev)] : [];
  const named = [...new Set(links.filter((link) => link !== undefined))];
  return { prefix, links: named, viaGateway: nextHops.length > 0 };
}

/** The links of default routes and of networks in which next hops are, sorted. */
export function uplinksOf(
  routes: readonly PlacedRoute[],
  networks: readonly OnLinkNetwork[],
  nextHops: readonly string[],
): readonly string[] {
  const defaults = routes.filter(({ prefix }) => prefix === "0.0.0.0/0" || prefix === "::/0");
  const hops = nextHops.map(parseAddress);
  const attached = networks.filter(({ prefix }) => {
    const network = parsePrefix(prefix);
    return hops.some((hop) => containsAddress(network, hop));
  });
  const links = [...defaults.flatMap((route) => route.links), ...attached.map(({ link }) => link)];
  return [...new Set(links)].toSorted();
}

/** Paths of full size to next hops on-link: all of them, or the same few of many each time, spread evenly. */
export function pathsTo(
  nextHops: readonly string[],
  networks: readonly OnLinkNetwork[],
  links: readonly Link[],
): readonly Path[] {
  const attached = networks.map(({ prefix, link }) => ({ network: parsePrefix(prefix), link }));
  const step = Math.max(1, nextHops.length / pathsMax);
  const some = Array.from(
    { length: Math.min(nextHops.length, pathsMax) },
    (_, at) => nextHops[Math.floor(at * step)],
  );
  return some.flatMap((address) => {
    if (address === undefined) return [];
    const hop = parseAddress(address);
    const place = attached.find(({ network }) => containsAddress(network, hop));
    const mtu = links.find(({ name }) => name === place?.link)?.mtu;
    return mtu === undefined ? [] : [{ address, bytes: mtu }];
  });
}

/** The links by which the node's own pods are reached, sorted. */
export function podLinksOf(
  routes: readonly PlacedRoute[],
  podPrefixes: readonly string[],
): readonly string[] {
  const ranges = podPrefixes.map((prefix) => parsePrefix(prefix));
  const local = routes.filter(({ prefix, viaGateway }) => {
    const destination = parsePrefix(prefix);
    return !viaGateway && ranges.some((range) => containsPrefix(range, destination));
  });
  return [...new Set(local.flatMap(({ links }) => links))].toSorted();
}

/** One element of `ip -json address show`. */
function parseMtu(element: unknown): Link {
  const { ifname, mtu } = element as { readonly ifname: string; readonly mtu: number };
  return { name: ifname, mtu };
}
