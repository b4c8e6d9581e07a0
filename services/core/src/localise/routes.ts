// All routes of one node as one wish: what to install, what to announce, what is left out and why. Driven by
// what is known; never withdraws on what is not.

import type { DesiredRoutes, InstallRoute, OriginateRoute, WithheldRoute } from "../desired.ts";
import { compareText } from "../compare.ts";
import { comparePrefixes, readPrefix } from "../prefix.ts";
import type { Refusal } from "../reasons.ts";
import type { View } from "../view.ts";
import { candidatesOf, type Candidate } from "./candidates.ts";
import { chooseNextHops, judgePrefix, linksOf } from "./next-hops.ts";
import { indexNodes } from "./node-index.ts";
import { formatPurpose } from "./purpose.ts";
import { isOriginateRetained, retainInstall, type Place } from "./retain.ts";

/** Whose routes these are. */
export interface RoutesOf {
  readonly cluster: string;
  /** Empty for what every node of the cluster installs, without announcements. */
  readonly node: string;
  /** CIDRs of the networks that the node is attached to; undefined where nobody knows, and every hop passes. */
  readonly onLink: readonly string[] | undefined;
}

/** The wish that removes everything. */
export const noRoutes: DesiredRoutes = { install: [], originate: [], withheld: [] };

/**
 * What the view makes of one node. `previous` is the node's last wish: while a cluster's knowledge is not
 * whole, what it had from there stays unless the view disproves it.
 */
export function localiseRoutes(view: View, of: RoutesOf, previous: DesiredRoutes | undefined): DesiredRoutes {
  const index = indexNodes(view);
  const place: Place = { view, index, cluster: of.cluster, node: of.node, links: linksOf(of.onLink) };
  const install = new Map<string, InstallRoute>();
  const originate = new Map<string, OriginateRoute>();
  const withheld = new Map<string, WithheldRoute>();
  for (const candidate of [...candidatesOf(view, index)].toSorted(compareCandidates)) {
    const { prefix, cluster } = candidate;
    const purpose = formatPurpose(candidate.purpose);
    const refuse = ({ reason, message }: Refusal) => {
      if (!withheld.has(prefix)) withheld.set(prefix, { prefix, cluster, purpose, reason, message });
    };
    if (cluster !== of.cluster) {
      if (install.has(prefix)) continue;
      const chosen = chooseNextHops(candidate, index, place.links);
      if (chosen.yes) install.set(prefix, { prefix, nextHops: chosen.nextHops, cluster, purpose });
      else refuse(chosen);
    } else if (!originate.has(prefix) && candidate.nodes.includes(of.node)) {
      const judged = judgePrefix(prefix, index);
      if (judged.yes) originate.set(prefix, { prefix, purpose });
      else refuse(judged);
    }
  }
  for (const earlier of previous?.install ?? []) {
    const kept = retainInstall(place, earlier, install.get(earlier.prefix));
    if (kept !== undefined) install.set(kept.prefix, kept);
  }
  for (const earlier of previous?.originate ?? []) {
    if (!originate.has(earlier.prefix) && isOriginateRetained(place, earlier))
      originate.set(earlier.prefix, earlier);
  }
  return {
    install: inOrder(install.values()),
    originate: inOrder(originate.values()),
    withheld: inOrder([...withheld.values()].filter((it) => !install.has(it.prefix))),
  };
}

/** Candidates of one prefix in a fixed order: the first that is usable has it. */
function compareCandidates(a: Candidate, b: Candidate): number {
  const apart = compareText(a.prefix, b.prefix) || compareText(a.cluster, b.cluster);
  return apart || compareText(formatPurpose(a.purpose), formatPurpose(b.purpose));
}

/** By family, then prefix. */
function inOrder<T extends { readonly prefix: string }>(routes: Iterable<T>): readonly T[] {
  const parsed = [...routes].flatMap((route) => {
    const prefix = readPrefix(route.prefix);
    return prefix === undefined ? [] : [{ prefix, route }];
  });
  return parsed.toSorted((a, b) => comparePrefixes(a.prefix, b.prefix)).map((it) => it.route);
}
