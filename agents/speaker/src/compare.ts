// Wish against observation: which prefixes are not as wanted, and where. Pure; it judges only what was seen.

import type { DesiredRoutes } from "@sealane/core";
import type { DaemonRoute, Finding, KernelRoute, LiveRoutes } from "./driver.ts";

/** A prefix that is not as wanted. */
export interface Disagreement {
  readonly prefix: string;
  readonly where: "daemon" | "kernel";
  /** `left`: it is not wanted, and there. `swallowed`: announced, and a blackhole in the kernel. */
  readonly kind: "missing" | "differs" | "left" | "swallowed";
  readonly message: string;
}

/** What was read from both. */
export interface BothViews {
  readonly daemon: readonly DaemonRoute[];
  readonly kernel: readonly KernelRoute[];
}

/** Names under which the kernel's routes of BIRD appear: with and without /etc/iproute2/rt_protos. */
const birdWriters: ReadonlySet<string> = new Set(["bird", "12"]);

/**
 * Every disagreement, at most one for each prefix and place. `gone` are prefixes that we held before and no
 * longer want: the kernel must not have them from the daemon either.
 */
export function disagreements(
  desired: DesiredRoutes,
  { daemon, kernel }: BothViews,
  gone: readonly string[],
): readonly Disagreement[] {
  const written = new Map(
    kernel.filter(({ protocol }) => birdWriters.has(protocol)).map((r) => [r.prefix, r]),
  );
  const held = new Map(daemon.map((route) => [`${route.kind} ${route.prefix}`, route]));
  const found: Disagreement[] = [];
  for (const { prefix, nextHops } of desired.install) {
    const route = held.get(`install ${prefix}`);
    held.delete(`install ${prefix}`);
    const verdict =
      compareDaemon(prefix, nextHops, route) ?? compareKernel(prefix, nextHops, route, written.get(prefix));
    if (verdict !== undefined) found.push(verdict);
  }
  for (const { prefix } of desired.originate) {
    if (!held.delete(`originate ${prefix}`)) found.push(missing(prefix, "the daemon does not announce it"));
    if (written.get(prefix)?.type === "blackhole") found.push(swallowed(prefix));
  }
  for (const { prefix } of held.values()) found.push(left(prefix, "daemon", "the daemon still has it"));
  for (const prefix of gone) {
    if (written.has(prefix)) found.push(left(prefix, "kernel", "the kernel still has it"));
  }
  return found;
}

function compareDaemon(
  prefix: string,
  want: readonly string[],
  route: DaemonRoute | undefined,
): Disagreement | undefined {
  if (route === undefined) return missing(prefix, `the daemon has no route via ${want.join(", ")}`);
  if (sameHops(want, route.nextHops)) return undefined;
  const message = `the daemon has ${prefix} via ${list(route.nextHops)} instead of ${list(want)}`;
  return { prefix, where: "daemon", kind: "differs", message };
}

/** A route that the daemon does not prefer is not in the kernel, and that is as it should be. */
function compareKernel(
  prefix: string,
  want: readonly string[],
  route: DaemonRoute | undefined,
  written: KernelRoute | undefined,
): Disagreement | undefined {
  if (route?.preferred !== true) return undefined;
  if (written === undefined) {
    return {
      prefix,
      where: "kernel",
      kind: "missing",
      message: `the kernel has no route to ${prefix} from the daemon`,
    };
  }
  if (sameHops(want, written.nextHops)) return undefined;
  const message = `the kernel has ${prefix} via ${list(written.nextHops)} instead of ${list(want)}`;
  return { prefix, where: "kernel", kind: "differs", message };
}

/** What of the wish is live, when `applied` was applied and `found` disagreed. */
export function liveRoutes(
  desired: DesiredRoutes,
  applied: DesiredRoutes,
  found: readonly Disagreement[],
): LiveRoutes {
  const wrong = new Set(found.map(({ prefix }) => prefix));
  const hops = new Map(applied.install.map(({ prefix, nextHops }) => [prefix, nextHops]));
  const announced = new Set(applied.originate.map(({ prefix }) => prefix));
  const install = desired.install.filter(({ prefix, nextHops }) => {
    return !wrong.has(prefix) && sameHops(nextHops, hops.get(prefix) ?? []);
  });
  const originate = desired.originate.filter(({ prefix }) => !wrong.has(prefix) && announced.has(prefix));
  return { install: install.map(({ prefix }) => prefix), originate: originate.map(({ prefix }) => prefix) };
}

/** Foreign kernel routes that forward in our place. They are reported, and never touched. */
export function shadowed(desired: DesiredRoutes, kernel: readonly KernelRoute[]): readonly Finding[] {
  const wanted = new Set(desired.install.map(({ prefix }) => prefix));
  const ours = new Map<string, number>();
  for (const { prefix, protocol, metric } of kernel) if (birdWriters.has(protocol)) ours.set(prefix, metric);
  return kernel
    .filter(({ prefix, protocol, metric }) => {
      return wanted.has(prefix) && !birdWriters.has(protocol) && metric <= (ours.get(prefix) ?? Infinity);
    })
    .map(({ prefix, protocol, metric }) => ({
      subject: prefix,
      reason: "ApplyFailed",
      message: `A route to ${prefix} by "${protocol}" with metric ${metric} forwards in place of ours; remove it or keep it, Sealane leaves it alone`,
    }));
}

/** Whether two sets of next hops are the same, in whatever order. */
export function sameHops(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((hop) => b.includes(hop));
}

function swallowed(prefix: string): Disagreement {
  const message = `the daemon put the announced ${prefix} into the kernel as a blackhole: let its kernel protocols export only what sealane_install() accepts`;
  return { prefix, where: "kernel", kind: "swallowed", message };
}

function missing(prefix: string, message: string): Disagreement {
  return { prefix, where: "daemon", kind: "missing", message };
}

function left(prefix: string, where: "daemon" | "kernel", message: string): Disagreement {
  return { prefix, where, kind: "left", message };
}

function list(hops: readonly string[]): string {
  return hops.length === 0 ? "nothing" : hops.join(", ");
}
