// The node's links against what is sent over them: packet sizes, and whether next hops are where routes say.
// Pure.

import type { CheckResult } from "@sealane/core";
import { containsAddress, parseAddress, parsePrefix, well, wrong } from "@sealane/core";
import type { OnLinkNetwork } from "../kernel.ts";
import type { ProbedPath } from "./probe-paths.ts";

/** A link that is up. */
export interface Link {
  readonly name: string;
  /** Bytes of the largest packet. */
  readonly mtu: number;
}

/** An entry of the kernel's neighbour table (ip-neighbour(8)). */
export interface Neighbour {
  /** Canonical. */
  readonly address: string;
  /** `REACHABLE`, `STALE`, `FAILED` ... */
  readonly state: string;
}

/** What is judged. */
export interface LinksState {
  readonly links: readonly Link[];
  readonly networks: readonly OnLinkNetwork[];
  readonly uplinks: readonly string[];
  readonly podLinks: readonly string[];
  readonly neighbours: readonly Neighbour[];
  readonly paths: readonly ProbedPath[];
}

/** Silent next hops that are named one by one. */
const namedMax = 5;

/** Packet sizes and next hops. */
export function judgeLinks(
  state: LinksState,
  { nextHops }: { readonly nextHops: readonly string[] },
): readonly CheckResult[] {
  const pods = state.links.filter(({ name }) => state.podLinks.includes(name));
  const uplinks = state.links.filter(({ name }) => state.uplinks.includes(name));
  const widest = pods.toSorted((a, b) => b.mtu - a.mtu)[0];
  return [
    ...(widest === undefined ? [] : uplinks.map((uplink) => judgeMtu(uplink, widest))),
    ...(nextHops.length === 0
      ? []
      : [judgeOnLink(nextHops, state.networks), judgeAnswers(nextHops, state.neighbours)]),
    ...(state.paths.length === 0 ? [] : [judgePaths(state.paths)]),
  ];
}

function judgeMtu(uplink: Link, pod: Link): CheckResult {
  const subject = `MTU of ${uplink.name}`;
  if (uplink.mtu >= pod.mtu) return well(subject, `is ${uplink.mtu}, pods have ${pod.mtu}`);
  return wrong(
    subject,
    "MtuBelowPods",
    `${uplink.name} carries packets of ${uplink.mtu} bytes, and a pod's link ${pod.name} of ${pod.mtu}`,
  );
}

function judgeOnLink(nextHops: readonly string[], networks: readonly OnLinkNetwork[]): CheckResult {
  const subject = "next hops on-link";
  const prefixes = networks.map(({ prefix }) => parsePrefix(prefix));
  const off = nextHops.filter((hop) => {
    const address = parseAddress(hop);
    return !prefixes.some((prefix) => containsAddress(prefix, address));
  });
  if (off.length === 0) return well(subject, `all ${nextHops.length} are on a network of this node`);
  const attached = networks.map(({ prefix, link }) => `${prefix} (${link})`).join(", ");
  return wrong(
    subject,
    "NextHopNotOnLink",
    `${named(off)} of ${nextHops.length} are on no network of this node, which has ${attached}`,
  );
}

/** A hop that was never needed has no entry, and nothing is said of it. */
function judgeAnswers(nextHops: readonly string[], neighbours: readonly Neighbour[]): CheckResult {
  const subject = "next hops answer";
  const failed = new Set(neighbours.filter(({ state }) => state === "FAILED").map(({ address }) => address));
  const silent = nextHops.filter((hop) => failed.has(hop));
  if (silent.length === 0) return well(subject, `none of ${nextHops.length} is known to be silent`);
  return wrong(
    subject,
    "NextHopSilent",
    `${named(silent)} of ${nextHops.length} did not answer neighbour discovery`,
  );
}

function judgePaths(paths: readonly ProbedPath[]): CheckResult {
  const subject = "packets of full size";
  const lost = paths.filter(({ large }) => large === "lost");
  if (lost.length === 0) return well(subject, `reach all ${paths.length} next hops that answer`);
  const sizes = [...new Set(lost.map(({ bytes }) => bytes))].join(" and ");
  const hops = named(lost.map(({ address }) => address));
  return wrong(
    subject,
    "PathTooNarrow",
    `of ${paths.length} next hops that answer, packets of ${sizes} bytes do not reach ${hops}`,
  );
}

function named(addresses: readonly string[]): string {
  const more = addresses.length - namedMax;
  return addresses.slice(0, namedMax).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
