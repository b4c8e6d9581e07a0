// Finds a prefix of a wanted size that nothing else uses. Refuses to remember what it offered: that is the
// caller's, as an obstacle of the next search.

import { lastAddress, overlapsPrefix, prefixSize, type Prefix } from "./prefix.ts";

/** Says what stands in a candidate's way, or undefined when nothing does. */
export type Obstacle = (candidate: Prefix) => Prefix | undefined;

/**
 * The lowest prefix of `length` bits in the first pool that has one free, or undefined when none has.
 * Each step passes one obstacle, so the search ends after as many steps as there are obstacles.
 */
export function freePrefix(pools: readonly Prefix[], length: number, obstacle: Obstacle): Prefix | undefined {
  for (const pool of pools) {
    const found = pool.length <= length ? freeInPool(pool, length, obstacle) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An obstacle out of a list in any order. */
export function obstacleOf(taken: readonly Prefix[]): Obstacle {
  return (candidate) => taken.find((prefix) => overlapsPrefix(prefix, candidate));
}

function freeInPool(pool: Prefix, length: number, obstacle: Obstacle): Prefix | undefined {
  const size = prefixSize(pool.family, length);
  const last = lastAddress(pool);
  for (let address = pool.address; address <= last;) {
    const candidate: Prefix = { family: pool.family, address, length };
    const taken = obstacle(candidate);
    if (taken === undefined) return candidate;
    const beyond = lastAddress(taken) + 1n;
    address = beyond <= address ? address + size : ((beyond + size - 1n) / size) * size;
  }
  return undefined;
}
