// Next hops that come back a moment after they went wait until they have been wanted for a while: a flapping
// node does not rehash everybody's flows. Removing never waits, nor does the first add, nor the last resort.

import type { DesiredRoutes, InstallRoute } from "@sealane/core";

/** What may be applied now, and when to look again. */
export interface Damped {
  readonly desired: DesiredRoutes;
  /** When the next waiting hop may come; undefined when none waits. Same clock as `nowMs`. */
  readonly nextMs: number | undefined;
}

interface Away {
  readonly goneMs: number;
  /** Since when it is wanted again without a break. */
  backMs: number | undefined;
}

/** Remembers which next hops went when. At most as large as what went within `stableMs`. */
export class Damper {
  readonly #stableMs: number;
  readonly #away = new Map<string, Away>();
  #before: ReadonlySet<string> = new Set();

  /** `stableMs`: how long a next hop that comes back must be wanted. */
  constructor(stableMs: number) {
    this.#stableMs = stableMs;
  }

  /** Call it with every new wish, and again at `nextMs`. */
  next(desired: DesiredRoutes, nowMs: number): Damped {
    const wanted = new Set(desired.install.flatMap(keysOf));
    this.#noteGone(wanted, nowMs);
    let nextMs: number | undefined;
    const install = desired.install.map((route) => {
      const ready = route.nextHops.filter((hop) => {
        const atMs = this.#readyAtMs(keyOf(route, hop), nowMs);
        if (atMs > nowMs) nextMs = Math.min(nextMs ?? atMs, atMs);
        return atMs <= nowMs;
      });
      // A set that would be empty has nothing to protect.
      return ready.length === 0 ? route : { ...route, nextHops: ready };
    });
    for (const key of install.flatMap(keysOf)) this.#away.delete(key);
    this.#before = new Set(install.flatMap(keysOf));
    return { desired: { ...desired, install }, nextMs };
  }

  #noteGone(wanted: ReadonlySet<string>, nowMs: number): void {
    for (const key of this.#before)
      if (!wanted.has(key)) this.#away.set(key, { goneMs: nowMs, backMs: undefined });
    for (const [key, away] of this.#away) {
      if (wanted.has(key)) continue;
      if (away.backMs !== undefined) this.#away.set(key, { goneMs: nowMs, backMs: undefined });
      else if (nowMs - away.goneMs >= this.#stableMs) this.#away.delete(key);
    }
  }

  #readyAtMs(key: string, nowMs: number): number {
    const away = this.#away.get(key);
    if (away === undefined || this.#before.has(key)) return nowMs;
    if (away.backMs === undefined && nowMs - away.goneMs >= this.#stableMs) return nowMs;
    away.backMs ??= nowMs;
    return away.backMs + this.#stableMs;
  }
}

function keysOf(route: InstallRoute): string[] {
  return route.nextHops.map((hop) => keyOf(route, hop));
}

function keyOf({ prefix }: InstallRoute, hop: string): string {
  return `${prefix} ${hop}`;
}
