// Keeps of an earlier wish what nothing speaks against: after a restart, or while a cluster is silent, missing
// data takes no route and no hop away.

import type { InstallRoute, OriginateRoute } from "../desired.ts";
import type { View } from "../view.ts";
import { isNodeDisproved, isPrefixDisproved } from "./evidence.ts";
import { cutNextHops, judgePrefix, type Links } from "./next-hops.ts";
import type { NodeIndex } from "./node-index.ts";

/** Where this wish is made. */
export interface Place {
  readonly view: View;
  readonly index: NodeIndex;
  readonly cluster: string;
  readonly node: string;
  readonly links: Links;
}

/** An earlier route with the hops that nothing speaks against, joined to those wanted now; undefined when none is left. */
export function retainInstall(
  place: Place,
  earlier: InstallRoute,
  now: InstallRoute | undefined,
): InstallRoute | undefined {
  const { view, index, links } = place;
  if (now !== undefined && (now.cluster !== earlier.cluster || now.purpose !== earlier.purpose)) return now;
  const wanted = now?.nextHops ?? [];
  const missing = earlier.nextHops.filter((address) => !wanted.includes(address) && links.holds(address));
  if (missing.length === 0 || earlier.cluster === place.cluster || isPrefixDisproved(view, earlier))
    return now;
  const kept = missing.filter((address) => !isNodeDisproved(view, index, earlier, { address }));
  if (kept.length === 0 || !judgePrefix(earlier.prefix, index).yes) return now;
  return { ...earlier, nextHops: cutNextHops(earlier.prefix, [...wanted, ...kept]) };
}

/** Whether nothing speaks against this node's announcing the prefix still. */
export function isOriginateRetained(place: Place, { prefix, purpose }: OriginateRoute): boolean {
  const earlier = { prefix, purpose, cluster: place.cluster };
  return (
    !isPrefixDisproved(place.view, earlier) &&
    !isNodeDisproved(place.view, place.index, earlier, { name: place.node })
  );
}
