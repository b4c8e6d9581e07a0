// From the nodes that can serve a prefix to the next hops that this node may use, or the reason why not.

import { compareAddresses, familyOf, formatAddress, parseAddress, readAddress } from "../address.ts";
import { compareText } from "../compare.ts";
import { forbiddenAs } from "../forbidden.ts";
import { nextHopsPerRouteMax } from "../limits.ts";
import { containsAddress, parsePrefix, readPrefix } from "../prefix.ts";
import { no, yes, type Refusal, type Verdict } from "../reasons.ts";
import type { Candidate } from "./candidates.ts";
import { addressOf, coveredHost, type NodeIndex } from "./node-index.ts";
import { formatPurpose } from "./purpose.ts";

/** The next hops, or why there are none. */
export type NextHops = { readonly yes: true; readonly nextHops: readonly string[] } | Refusal;

/** Nodes or addresses that a message names. */
const namedMax = 8;

/** Where next hops must lie. */
export interface Links {
  /** Tells whether an address is on a network that the node is attached to. */
  readonly holds: (address: string) => boolean;
  /** For a person; empty when nothing is checked. */
  readonly text: string;
}

/** The node's own networks; undefined where nobody knows them and every address passes. */
export function linksOf(onLink: readonly string[] | undefined): Links {
  if (onLink === undefined) return { holds: () => true, text: "" };
  const prefixes = onLink.flatMap((text) => readPrefix(text) ?? []);
  const judged = new Map<string, boolean>();
  const holds = (text: string) => {
    let held = judged.get(text);
    if (held === undefined) {
      const address = readAddress(text);
      held = address !== undefined && prefixes.some((prefix) => containsAddress(prefix, address));
      judged.set(text, held);
    }
    return held;
  };
  return { holds, text: onLink.join(", ") || "none" };
}

/** Chooses the next hops of a candidate. */
export function chooseNextHops(candidate: Candidate, index: NodeIndex, links: Links): NextHops {
  const safe = judgePrefix(candidate.prefix, index, candidate);
  if (!safe.yes) return safe;
  const usable = addressesOf(candidate, index, links.holds);
  if (usable.length > 0) return { yes: true, nextHops: cutNextHops(candidate.prefix, usable) };
  return refuse(
    candidate,
    addressesOf(candidate, index, () => true),
    links,
  );
}

/**
 * Sorted, each once, and at most as many as one route may have. Which ones stay is decided by rendezvous
 * hashing: when one goes, the others stay.
 */
export function cutNextHops(prefix: string, nextHops: readonly string[]): readonly string[] {
  const all = [...new Set(nextHops)];
  if (all.length <= nextHopsPerRouteMax) return sortAddresses(all);
  const scored = all.map((hop) => ({ hop, score: score(`${prefix} ${hop}`) }));
  const ranked = scored.toSorted((a, b) => b.score - a.score || compareText(a.hop, b.hop));
  return sortAddresses(ranked.slice(0, nextHopsPerRouteMax).map((it) => it.hop));
}

/**
 * Whether the prefix may be routed at all: it must not swallow an address that the mesh stands on. `hops`
 * are the names of the cluster's nodes that it would go to.
 */
export function judgePrefix(
  text: string,
  index: NodeIndex,
  hops?: { readonly cluster: string; readonly nodes: readonly string[] },
): Verdict {
  const prefix = parsePrefix(text);
  const forbidden = forbiddenAs(prefix);
  if (forbidden !== undefined) return no("PrefixForbidden", `${text} is ${forbidden}`);
  const covered = coveredHost(index, prefix);
  if (covered === undefined) return yes;
  const address = formatAddress({ family: covered.family, value: covered.address });
  const owner = hops && index.clusters.get(hops.cluster)?.byAddress.get(address);
  if (owner !== undefined && hops?.nodes.includes(owner)) {
    return no("NextHopCovered", `${text} holds ${address}, its own next hop: packets would loop`);
  }
  return no("PrefixForbidden", `${text} would cover ${address}, the address of a node`);
}

/** One address of the prefix's family for each node that has one that passes. */
function addressesOf(
  { prefix, cluster, nodes }: Candidate,
  index: NodeIndex,
  passes: (address: string) => boolean,
): readonly string[] {
  const family = familyOf(prefix);
  const byName = index.clusters.get(cluster)?.byName;
  return nodes.flatMap((name) => {
    const node = byName?.get(name);
    return (node === undefined ? undefined : addressOf(node, family, passes)) ?? [];
  });
}

/** Why a candidate has no usable hop, though `known` are the addresses of its nodes. */
function refuse(
  { prefix, cluster, purpose, nodes }: Candidate,
  known: readonly string[],
  links: Links,
): Refusal {
  const subject = `${prefix} (${formatPurpose(purpose)} of cluster "${cluster}")`;
  if (nodes.length === 0) return no("NoReadyEndpoints", `${subject}: no ready node has a ready pod`);
  if (known.length === 0) {
    const names = nodes.toSorted(compareText).slice(0, namedMax).join(", ");
    return no("NodeNoAddress", `${subject}: no IPv${familyOf(prefix)} address is known of ${names}`);
  }
  const hops = sortAddresses(known).slice(0, namedMax).join(", ");
  return no("NextHopNotOnLink", `${subject}: ${hops} is on none of this node's networks (${links.text})`);
}

function sortAddresses(addresses: readonly string[]): readonly string[] {
  if (addresses.length < 2) return addresses;
  const parsed = addresses.map((text) => ({ text, address: parseAddress(text) }));
  return parsed.toSorted((a, b) => compareAddresses(a.address, b.address)).map((it) => it.text);
}

/** FNV-1a: spreads, and nothing more is asked of it. */
function score(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
