// Refuses, before anything is applied, what could never work or would cut the node off: next hops that are
// not on-link, and prefixes that cover what the node itself stands on. Pure; every refusal is a finding.

import { containsAddress, forbiddenAs, overlapsPrefix, parseAddress, parsePrefix } from "@sealane/core";
import type { DesiredRoutes, InstallRoute, OriginateRoute } from "@sealane/core";
import type { Finding } from "./driver.ts";
import type { OnLinkNetwork } from "./kernel.ts";

/** The part of a wish that may be applied, and why the rest may not. */
export interface Screened {
  readonly accepted: DesiredRoutes;
  readonly findings: readonly Finding[];
}

/** What a driver and the node allow. */
export interface ScreenContext {
  readonly networks: readonly OnLinkNetwork[];
  /** Next hops that one route may have. */
  readonly nextHopsMax: number;
}

/** Splits a wish into what may be applied and findings. Order is kept. */
export function screen(desired: DesiredRoutes, context: ScreenContext): Screened {
  const findings: Finding[] = [];
  const originate = desired.originate.filter((route) => passesOriginate(route, findings));
  const own = new Set(originate.map(({ prefix }) => prefix));
  const install = desired.install.flatMap((route) => screenInstall(route, own, context, findings));
  return { accepted: { install, originate, withheld: desired.withheld }, findings };
}

function passesOriginate({ prefix }: OriginateRoute, findings: Finding[]): boolean {
  const special = forbiddenAs(parsePrefix(prefix));
  if (special === undefined) return true;
  findings.push(forbidden(prefix, `Cannot announce ${prefix}: it is or meets ${special}`));
  return false;
}

function screenInstall(
  route: InstallRoute,
  own: ReadonlySet<string>,
  { networks, nextHopsMax }: ScreenContext,
  findings: Finding[],
): InstallRoute[] {
  const refusal = refuse(route, own, networks);
  if (refusal !== undefined) {
    findings.push(refusal);
    return [];
  }
  const offLink = route.nextHops.filter((hop) => !onLink(hop, networks));
  if (offLink.length > 0) findings.push(notOnLink(route, offLink, networks));
  const usable = route.nextHops.filter((hop) => !offLink.includes(hop));
  const nextHops = usable.slice(0, nextHopsMax);
  if (nextHops.length < usable.length) findings.push(tooWide(route, usable.length, nextHopsMax));
  return nextHops.length === 0 ? [] : [{ ...route, nextHops }];
}

function refuse(
  { prefix, nextHops, purpose }: InstallRoute,
  own: ReadonlySet<string>,
  networks: readonly OnLinkNetwork[],
): Finding | undefined {
  const wanted = parsePrefix(prefix);
  const covered = nextHops.find((hop) => containsAddress(wanted, parseAddress(hop)));
  if (covered !== undefined) {
    const message = `Cannot route ${prefix} (${purpose}) via ${covered}: the next hop lies inside the prefix`;
    return { subject: prefix, reason: "NextHopCovered", message };
  }
  const special = forbiddenAs(wanted);
  if (special !== undefined) return forbidden(prefix, `Cannot route ${prefix}: it is or meets ${special}`);
  if (own.has(prefix))
    return forbidden(prefix, `Cannot route ${prefix} elsewhere: this node announces it itself`);
  const network = networks.find((candidate) => overlapsPrefix(wanted, parsePrefix(candidate.prefix)));
  if (network === undefined) return undefined;
  const { prefix: attached, link } = network;
  return forbidden(
    prefix,
    `Cannot route ${prefix} (${purpose}): this node is attached to ${attached} by ${link}`,
  );
}

/** Whether BIRD and the kernel would take it as a gateway: in a network of a link, and not the node's own. */
function onLink(hop: string, networks: readonly OnLinkNetwork[]): boolean {
  const gateway = parseAddress(hop);
  return networks.some(
    ({ prefix, address }) => address !== hop && containsAddress(parsePrefix(prefix), gateway),
  );
}

function notOnLink(
  { prefix, purpose }: InstallRoute,
  hops: readonly string[],
  networks: readonly OnLinkNetwork[],
): Finding {
  const attached = networks.map((network) => `${network.prefix} (${network.link})`).join(", ");
  const message = `Cannot route ${prefix} (${purpose}) via ${hops.join(", ")}: this node is attached to ${attached} only`;
  return { subject: prefix, reason: "NextHopNotOnLink", message };
}

function tooWide({ prefix }: InstallRoute, count: number, nextHopsMax: number): Finding {
  const message = `Only ${nextHopsMax} of ${count} next hops of ${prefix} are used: wider sets get lost on their way to the kernel`;
  return { subject: prefix, reason: "ApplyFailed", message };
}

function forbidden(subject: string, message: string): Finding {
  return { subject, reason: "PrefixForbidden", message };
}
