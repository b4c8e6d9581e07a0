// Routes that were applied and not seen afterwards: kept out for a while, longer each time, so that they do
// not cost the others a rollback at every change. Knows no BIRD and no files; time is passed in.

import type { DesiredRoutes, InstallRoute } from "@sealane/core";
import { sameHops } from "../../compare.ts";
import type { DaemonRoute, Finding } from "../../driver.ts";

const heldMsMin = 10_000;
const heldMsMax = 300_000;

interface Held {
  /** What failed; another set of next hops is tried at once. */
  readonly nextHops: readonly string[];
  readonly untilMs: number;
  readonly heldMs: number;
  readonly message: string;
  /** What was left of it failed too. */
  readonly whole: boolean;
}

/** A route that was applied and not seen. */
export interface Failed {
  readonly kind: "install" | "originate";
  readonly prefix: string;
  /** As wished; empty when originated. */
  readonly nextHops: readonly string[];
  /** The attempt was with fewer next hops than wished, by `ease`. */
  readonly eased: boolean;
  readonly message: string;
}

/** A wish without what is held back. */
export interface Eased {
  readonly desired: DesiredRoutes;
  readonly findings: readonly Finding[];
}

/** What is held back, by kind and prefix. At most as large as the wish. */
export class Quarantine {
  readonly #held = new Map<string, Held>();

  /** Holds back what failed. */
  hold({ kind, prefix, nextHops, eased, message }: Failed, nowMs: number): void {
    const before = this.#held.get(`${kind} ${prefix}`);
    const again = before !== undefined && !eased && sameHops(before.nextHops, nextHops);
    const heldMs = again ? Math.min(before.heldMs * 2, heldMsMax) : heldMsMin;
    const untilMs = nowMs + heldMs;
    this.#held.set(`${kind} ${prefix}`, { nextHops, untilMs, heldMs, message, whole: eased });
  }

  /** Takes out what is held back. Of an installed route those next hops stay that worked before and are still wanted. */
  ease(desired: DesiredRoutes, before: readonly DaemonRoute[], nowMs: number): Eased {
    const findings: Finding[] = [];
    const passes = (kind: "install" | "originate", prefix: string, nextHops: readonly string[]): boolean => {
      const held = this.#held.get(`${kind} ${prefix}`);
      if (held === undefined || !sameHops(held.nextHops, nextHops) || held.untilMs <= nowMs) return true;
      const waitS = Math.ceil((held.untilMs - nowMs) / 1000);
      findings.push({
        subject: prefix,
        reason: "ApplyFailed",
        message: `${held.message}; rolled back, tried again in ${waitS} s`,
      });
      return false;
    };
    const install = desired.install.flatMap((route) =>
      passes("install", route.prefix, route.nextHops) ? [route] : this.#stillGood(route, before),
    );
    const originate = desired.originate.filter(({ prefix }) => passes("originate", prefix, []));
    return { desired: { ...desired, install, originate }, findings };
  }

  /** Forgets what was seen to work, and what nobody wants any more. */
  release(
    live: { readonly install: readonly string[]; readonly originate: readonly string[] },
    desired: DesiredRoutes,
  ): void {
    const wanted = new Set([
      ...desired.install.map(({ prefix }) => `install ${prefix}`),
      ...desired.originate.map(({ prefix }) => `originate ${prefix}`),
    ]);
    for (const prefix of live.install) wanted.delete(`install ${prefix}`);
    for (const prefix of live.originate) wanted.delete(`originate ${prefix}`);
    for (const key of this.#held.keys()) if (!wanted.has(key)) this.#held.delete(key);
  }

  #stillGood(route: InstallRoute, before: readonly DaemonRoute[]): InstallRoute[] {
    if (this.#held.get(`install ${route.prefix}`)?.whole === true) return [];
    const live = before.find(({ kind, prefix }) => kind === "install" && prefix === route.prefix);
    const nextHops = route.nextHops.filter((hop) => live?.nextHops.includes(hop));
    const usable = nextHops.length > 0 && nextHops.length < route.nextHops.length;
    return usable ? [{ ...route, nextHops }] : [];
  }
}
