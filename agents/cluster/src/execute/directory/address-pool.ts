// Addresses of imported services from ranges that a person declared, for there is no API server to give them out. An
// address stays with its import; a new one is where the import's name hashes to, or the next that is free. Pure but
// for the hash.

import { createHash } from "node:crypto";
import { addressBits, containsAddress, formatAddress, parseAddress, parsePrefix } from "@sealane/core";
import type { Prefix } from "@sealane/core";
import type { IpFamily } from "../render-import.ts";

/** Addresses that are tried for one name before the range counts as full. */
const probesMax = 4_096;

/** A range to take from; one for each family at most. */
export type AddressPool = ReadonlyMap<IpFamily, Prefix>;

/** The pool of these CIDRs. @throws Error when two are of one family */
export function addressPool(ranges: readonly string[]): AddressPool {
  const pool = new Map<IpFamily, Prefix>();
  for (const text of ranges) {
    const prefix = parsePrefix(text);
    const family = prefix.family === 4 ? "IPv4" : "IPv6";
    if (pool.has(family))
      throw new Error(`Cannot take addresses from "${text}": a range of ${family} is given already`);
    pool.set(family, prefix);
  }
  return pool;
}

/** The address for a name: the held one if it lies in the range, or a free one; undefined when none is to be had. */
export function poolAddress(
  pool: AddressPool,
  family: IpFamily,
  name: string,
  held: string | undefined,
  isTaken: (address: string) => boolean,
): string | undefined {
  const range = pool.get(family);
  if (range === undefined) return undefined;
  const bits = addressBits(range.family) - range.length;
  const size = 1n << BigInt(bits);
  const at = (offset: bigint): string =>
    formatAddress({ family: range.family, value: range.address + (offset % size) });
  if (held !== undefined && containsAddress(range, parseAddress(held))) return held;
  const start = BigInt(`0x${createHash("sha256").update(name).digest("hex").slice(0, 32)}`) % size;
  for (let probe = 0n; probe < BigInt(probesMax) && probe < size; probe++) {
    // The first address of a range is nobody's.
    if (size > 1n && (start + probe) % size === 0n) continue;
    const address = at(start + probe);
    if (!isTaken(address)) return address;
  }
  return undefined;
}
