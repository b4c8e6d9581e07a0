// How far the routes of a node are from the wish: numbers and findings for a report. It makes no steps:
// drivers take the whole wish.

import { sameValue } from "../compare.ts";
import type { DesiredRoutes } from "../desired.ts";
import type { Reason } from "../reasons.ts";

/** What was seen in the daemon and the kernel, of what we own. */
export interface ObservedRoutes {
  readonly install: readonly { readonly prefix: string; readonly nextHops: readonly string[] }[];
  /** Prefixes that are announced. */
  readonly originate: readonly string[];
}

/** Wanted against seen, for one kind of thing. */
export interface Count {
  readonly kind: string;
  readonly desired: number;
  /** How many of the desired ones were seen as wanted. */
  readonly observed: number;
}

/** One thing that is not as wanted. */
export interface Finding {
  readonly subject: string;
  readonly reason: Reason;
  readonly message: string;
}

/** How a node's routes stand. */
export interface RouteDifference {
  readonly counts: readonly Count[];
  /** What is wrong first, then what is left out on purpose. */
  readonly findings: readonly Finding[];
}

/** Compares a wish with what was seen. Next hops are compared as sets. */
export function compareRoutes(desired: DesiredRoutes, observed: ObservedRoutes): RouteDifference {
  const seen = new Map(observed.install.map((route) => [route.prefix, route.nextHops.toSorted()]));
  const announced = new Set(observed.originate);
  const wrong: Finding[] = [];
  for (const route of desired.install) {
    const hops = seen.get(route.prefix);
    if (hops === undefined) wrong.push(failed(route.prefix, "is not installed"));
    else if (!sameValue(hops, route.nextHops.toSorted())) {
      wrong.push(failed(route.prefix, `goes to ${hops.join(", ")} instead of ${route.nextHops.join(", ")}`));
    }
  }
  const uninstalled = wrong.length;
  for (const { prefix } of desired.originate)
    if (!announced.has(prefix)) wrong.push(failed(prefix, "is not announced"));
  const unannounced = wrong.length - uninstalled;
  const wanted = new Set([...desired.install, ...desired.originate].map((route) => route.prefix));
  for (const prefix of new Set([...seen.keys(), ...announced])) {
    if (!wanted.has(prefix)) wrong.push(failed(prefix, "is there, but not wanted"));
  }
  const left = desired.withheld.map(({ prefix, reason, message }): Finding => ({
    subject: prefix,
    reason,
    message,
  }));
  return {
    counts: [
      { kind: "install", desired: desired.install.length, observed: desired.install.length - uninstalled },
      {
        kind: "originate",
        desired: desired.originate.length,
        observed: desired.originate.length - unannounced,
      },
    ],
    findings: [...wrong, ...left],
  };
}

function failed(prefix: string, what: string): Finding {
  return { subject: prefix, reason: "ApplyFailed", message: `${prefix} ${what}` };
}
