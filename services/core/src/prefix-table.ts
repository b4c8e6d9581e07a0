// Questions to many prefixes at once: which is the longest that holds this one, and which of a sorted,
// disjoint list meets it. Built once, read many times; refuses changes.

import { addressBits, type Address, type Family } from "./address.ts";
import { comparePrefixes, hostPrefix, overlapsPrefix, type Prefix } from "./prefix.ts";

/** Prefixes of both families with a value each, for longest match. */
export interface PrefixTable<T> {
  readonly levels: readonly PrefixLevel<T>[];
}

/** All prefixes of one family and length, by their leading bits. */
interface PrefixLevel<T> {
  readonly family: Family;
  readonly length: number;
  readonly values: ReadonlyMap<bigint, T>;
}

/** Builds a table; of two equal prefixes the later entry stays. */
export function prefixTable<T>(entries: Iterable<readonly [Prefix, T]>): PrefixTable<T> {
  const levels = new Map<string, { family: Family; length: number; values: Map<bigint, T> }>();
  for (const [prefix, value] of entries) {
    const { family, length } = prefix;
    const name = `${family}/${length}`;
    let level = levels.get(name);
    if (level === undefined) levels.set(name, (level = { family, length, values: new Map() }));
    level.values.set(leadingBits(prefix, length), value);
  }
  return { levels: [...levels.values()].toSorted((a, b) => b.length - a.length) };
}

/** The value of the longest prefix that holds all of `prefix`, or undefined. */
export function longestMatch<T>(table: PrefixTable<T>, prefix: Prefix): T | undefined {
  for (const level of table.levels) {
    if (level.family !== prefix.family || level.length > prefix.length) continue;
    const value = level.values.get(leadingBits(prefix, level.length));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The value of the longest prefix that holds the address, or undefined. */
export function longestMatchOf<T>(table: PrefixTable<T>, address: Address): T | undefined {
  return longestMatch(table, hostPrefix(address));
}

/** Index of the first of the prefixes that meets `prefix`, or -1. The list is sorted by comparePrefixes and disjoint. */
export function firstOverlap(sorted: readonly Prefix[], prefix: Prefix): number {
  const next = lowerBound(sorted, prefix);
  const before = sorted[next - 1];
  if (before !== undefined && overlapsPrefix(before, prefix)) return next - 1;
  const at = sorted[next];
  return at !== undefined && overlapsPrefix(at, prefix) ? next : -1;
}

/** Index of the first of the sorted prefixes that is not less than `prefix`. */
export function lowerBound(sorted: readonly Prefix[], prefix: Prefix): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePrefixes(sorted[middle]!, prefix) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function leadingBits(prefix: Prefix, length: number): bigint {
  return prefix.address >> BigInt(addressBits(prefix.family) - length);
}
