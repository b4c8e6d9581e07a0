// Why a cluster does or does not have a route to a destination.

import { readAddress } from "../address.ts";
import { overlappingClaims } from "../claims.ts";
import { localiseRoutes } from "../localise/routes.ts";
import { containsPrefix, hostPrefix, readPrefix, type Prefix } from "../prefix.ts";
import { nodeShard } from "../published-shards.ts";
import { viewOf } from "../view-of.ts";
import type { Claim, World } from "../world.ts";
import { awaited, explainCluster, explainRange } from "./cluster.ts";
import { passes, stops, type ExplainStep } from "./step.ts";

/**
 * The steps that lead to the route, or stop it; the last one concludes. `destination` is an address or a CIDR. Whether a hop is on
 * a node's own network only that node knows; here every hop passes.
 */
export function explainRoute(world: World, cluster: string, destination: string): readonly ExplainStep[] {
  const address = readAddress(destination);
  const prefix = address === undefined ? readPrefix(destination) : hostPrefix(address);
  if (prefix === undefined) {
    const message = `"${destination}" is neither an address nor a CIDR without host bits`;
    return [stops("destination", "RangeInvalid", message)];
  }
  const first = explainCluster(world, cluster);
  if (first.outcome === "no") return [first];
  const claim = holderOf(world, prefix);
  const refused = explainRefused(world, prefix);
  if (claim === undefined) {
    return [first, ...(refused.length > 0 ? refused : [explainUnheld(world, destination)])];
  }
  const held = passes(
    "range",
    `${destination} lies in ${claim.kind} range ${claim.prefix} of cluster "${claim.cluster}"`,
  );
  if (claim.cluster === cluster) {
    return [
      first,
      ...refused,
      held,
      passes("route", `${destination} is the cluster's own; its own network serves it`),
    ];
  }
  return [first, ...refused, held, explainDecision(world, cluster, claim, prefix, destination)];
}

function holderOf(world: World, prefix: Prefix): Claim | undefined {
  for (const held of overlappingClaims(world.book, prefix)) {
    if (containsPrefix(held.prefix, prefix) && held.claim.release === undefined) return held.claim;
  }
  return undefined;
}

/** Refused ranges in which the destination lies: whoever reports one means its own pods by that address. */
function explainRefused(world: World, prefix: Prefix): readonly ExplainStep[] {
  return [...world.admissions].flatMap(([cluster, { verdicts }]) =>
    verdicts.flatMap((verdict) => {
      const range = verdict.admitted ? undefined : readPrefix(verdict.prefix);
      return range !== undefined && containsPrefix(range, prefix)
        ? [explainRange(world, cluster, verdict)]
        : [];
    }),
  );
}

function explainUnheld(world: World, destination: string): ExplainStep {
  const known = world.pending.size === 0;
  const missing = known ? "" : `; not every cluster has spoken yet: ${awaited(world)}`;
  const message = `no cluster holds a range with ${destination}${missing}`;
  return stops("range", "NotAdmitted", message, known ? "no" : "unknown");
}

function explainDecision(
  world: World,
  cluster: string,
  claim: Claim,
  prefix: Prefix,
  destination: string,
): ExplainStep {
  const view = viewOf(world);
  const routes = localiseRoutes(view, { cluster, node: "", onLink: undefined }, undefined);
  const installed = longest(routes.install, prefix);
  if (installed !== undefined) {
    return passes(
      "route",
      `${installed.prefix} (${installed.purpose}) goes to ${installed.nextHops.join(", ")}`,
    );
  }
  const withheld = longest(routes.withheld, prefix);
  if (withheld !== undefined) return stops("route", withheld.reason, withheld.message);
  if (claim.kind === "node") {
    return passes(
      "route",
      `${destination} is a node's own address; the network between the clusters serves it`,
    );
  }
  const known = view.complete(nodeShard(claim.cluster));
  const outcome = known ? "no" : "unknown";
  if (claim.kind === "pod") {
    return stops(
      "route",
      "NotAdmitted",
      `no node of cluster "${claim.cluster}" reports a pod prefix with ${destination}`,
      outcome,
    );
  }
  return stops(
    "route",
    "NotExported",
    `${destination} is not the address of a service that cluster "${claim.cluster}" exports`,
    outcome,
  );
}

function longest<T extends { readonly prefix: string }>(routes: readonly T[], prefix: Prefix): T | undefined {
  let best: { readonly route: T; readonly length: number } | undefined;
  for (const route of routes) {
    const read = readPrefix(route.prefix);
    if (read === undefined || !containsPrefix(read, prefix)) continue;
    if (best === undefined || read.length > best.length) best = { route, length: read.length };
  }
  return best?.route;
}
