// What it costs to find out which of many claims a prefix meets, beside a bare binary search of the same numbers.

import type { Prefix } from "@sealane/core";
import { comparePrefixes, firstOverlap } from "@sealane/core";
import { spread } from "./statistics.ts";

/** How much to measure. */
export interface PrefixesOptions {
  /** Alternating runs. */
  readonly runs: number;
  /** Claims in the list. */
  readonly claims: number;
}

/** Half of the claims of each family, disjoint and sorted. */
function claimsOf(count: number): readonly Prefix[] {
  const claims = Array.from({ length: count }, (_, at): Prefix =>
    at % 2 === 0
      ? { family: 4, address: 0x0a000000n + BigInt(at) * 128n, length: 25 }
      : { family: 6, address: (0xfd00n << 112n) + (BigInt(at) << 64n), length: 64 },
  );
  return claims.toSorted(comparePrefixes);
}

/** Looks for every question, and gives microseconds for one. @throws when a claim does not meet itself */
function timed(questions: readonly Prefix[], find: (question: Prefix) => number): number {
  const start = performance.now();
  let met = 0;
  for (const question of questions) if (find(question) >= 0) met++;
  const microseconds = ((performance.now() - start) * 1_000) / questions.length;
  if (met !== questions.length) throw new Error(`only ${met} of ${questions.length} claims were found`);
  return microseconds;
}

/** The floor: nothing but numbers. */
function search(sorted: readonly bigint[], wanted: bigint): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (sorted[middle]! > wanted) high = middle - 1;
    else low = middle;
  }
  return sorted[low] === wanted ? low : -1;
}

/** Prints the time of one look and its ratio to the floor's. */
export function measurePrefixes({ runs, claims: count }: PrefixesOptions): void {
  const claims = claimsOf(count);
  const addresses = claims.map(({ address }) => address).toSorted((a, b) => (a < b ? -1 : 1));
  const questions = claims.filter((_, at) => at % 7 === 0);
  const look = () => timed(questions, (question) => firstOverlap(claims, question));
  const bare = () => timed(questions, ({ address }) => search(addresses, address));
  const pair = () => ({ look: look(), bare: bare() });
  // The first looks are the compiler's.
  Array.from({ length: 10 }, pair);
  const pairs = Array.from({ length: runs }, pair);
  const ratios = pairs.map((each) => each.look / each.bare);
  console.log(`${runs} runs of ${questions.length} looks at ${count} claims`);
  console.log(`one look: ${spread(pairs.map((each) => each.look))} us`);
  console.log(`a bare search: ${spread(pairs.map((each) => each.bare))} us`);
  console.log(`ratio: ${spread(ratios)}`);
}
