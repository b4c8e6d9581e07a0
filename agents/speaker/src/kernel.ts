// What the kernel has: its main routing table and the networks that are on-link, read with iproute2's JSON.
// It only reads; routes are the daemon's to write.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { addressBits, canonicalAddress, canonicalPrefix, formatPrefix, parseAddress } from "@sealane/core";
import type { KernelRoute } from "./driver.ts";
import { IpBatch } from "./ip-batch.ts";

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

/** Which kernel, and how it is asked. */
export interface KernelOptions {
  /** Path or name of iproute2's `ip`. */
  readonly ipProgram: string;
  /** A named network namespace (ip-netns(8)); undefined: this process's own. */
  readonly namespace: string | undefined;
  /** Milliseconds for one answer. */
  readonly deadlineMs: number;
}

const run = promisify(execFile);
const outputBytesMax = 512 * 1024 * 1024;

/** The kernel as `ip -json` shows it: routes by one long-lived process a family, networks by one process a question. */
export function kernel({ ipProgram, namespace, deadlineMs }: KernelOptions): Kernel {
  const inside = namespace === undefined ? [] : ["-netns", namespace];
  const batch = (family: "-4" | "-6") =>
    new IpBatch({ program: ipProgram, options: [...inside, family], deadlineMs });
  const four = batch("-4");
  const six = batch("-6");
  const question = "route show table main";
  return {
    routes: async () => {
      const [routes4, routes6] = await Promise.all([four.ask(question), six.ask(question)]);
      return [
        ...routes4.map((route) => parseRoute(route, 4)),
        ...routes6.map((route) => parseRoute(route, 6)),
      ];
    },
    networks: async () => {
      const options = { timeout: deadlineMs, maxBuffer: outputBytesMax };
      const { stdout } = await run(ipProgram, [...inside, "-json", "address", "show", "up"], options);
      const answer: unknown = JSON.parse(stdout.trim() || "[]");
      if (!Array.isArray(answer)) throw new Error(`"ip address show up" did not answer with a list`);
      return answer.flatMap(parseLink);
    },
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
