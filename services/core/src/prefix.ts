// IPv4 and IPv6 prefixes: text to value and back, and how two of them lie to each other. Refuses host bits:
// `10.0.0.1/24` is a mistake somewhere, not a prefix.

import { addressBits, formatAddress, readAddress, type Address, type Family } from "./address.ts";

/** A prefix; bits of `address` beyond `length` are zero. */
export interface Prefix {
  readonly family: Family;
  /** The lowest address. */
  readonly address: bigint;
  readonly length: number;
}

/** Reads a prefix in any form, or gives undefined when the text is none or has host bits. */
export function readPrefix(text: string): Prefix | undefined {
  const read = readWithHostBits(text);
  return read === undefined || hasHostBits(read) ? undefined : read;
}

/** Reads a prefix. Throws an error that quotes the text, says what is wrong and, for host bits, what was meant. */
export function parsePrefix(text: string): Prefix {
  const read = readWithHostBits(text);
  if (read === undefined) {
    throw new Error(`Cannot read prefix "${text}": it is not CIDR text such as 10.0.0.0/16 or 2001:db8::/64`);
  }
  if (hasHostBits(read)) {
    const meant = formatPrefix(prefixOf({ family: read.family, value: read.address }, read.length));
    throw new Error(
      `Cannot read prefix "${text}": it has host bits beyond /${read.length}; write "${meant}"`,
    );
  }
  return read;
}

/** Canonical text. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress({ family: prefix.family, value: prefix.address })}/${prefix.length}`;
}

/** The canonical text of a prefix in any form. Throws as parsePrefix does. */
export function canonicalPrefix(text: string): string {
  return formatPrefix(parsePrefix(text));
}

/** The prefix of the given length around an address. */
export function prefixOf(address: Address, length: number): Prefix {
  const shift = BigInt(addressBits(address.family) - length);
  return { family: address.family, address: (address.value >> shift) << shift, length };
}

/** The /32 or /128 of an address. */
export function hostPrefix(address: Address): Prefix {
  return { family: address.family, address: address.value, length: addressBits(address.family) };
}

/** The highest address of a prefix. */
export function lastAddress(prefix: Prefix): bigint {
  return prefix.address + prefixSize(prefix.family, prefix.length) - 1n;
}

/** How many addresses a prefix of this length has. */
export function prefixSize(family: Family, length: number): bigint {
  return 1n << BigInt(addressBits(family) - length);
}

/** Whether `inner` lies in `outer` or equals it. */
export function containsPrefix(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  const shift = BigInt(addressBits(outer.family) - outer.length);
  return inner.address >> shift === outer.address >> shift;
}

/** Whether the address lies in the prefix. */
export function containsAddress(prefix: Prefix, address: Address): boolean {
  return containsPrefix(prefix, hostPrefix(address));
}

/** Whether any address is in both. */
export function overlapsPrefix(a: Prefix, b: Prefix): boolean {
  return a.length <= b.length ? containsPrefix(a, b) : containsPrefix(b, a);
}

/** The addresses that are in both: always one of the two, or undefined when there are none. */
export function intersectPrefixes(a: Prefix, b: Prefix): Prefix | undefined {
  if (containsPrefix(a, b)) return b;
  return containsPrefix(b, a) ? a : undefined;
}

/** What is left of a prefix without the others: the fewest prefixes, sorted. */
export function subtractPrefixes(prefix: Prefix, others: readonly Prefix[]): readonly Prefix[] {
  const met = others.filter((other) => overlapsPrefix(other, prefix));
  if (met.length === 0) return [prefix];
  if (met.some((other) => containsPrefix(other, prefix))) return [];
  const { family, address } = prefix;
  const length = prefix.length + 1;
  const low: Prefix = { family, address, length };
  const high: Prefix = { family, address: address + prefixSize(family, length), length };
  return [...subtractPrefixes(low, met), ...subtractPrefixes(high, met)];
}

/** Orders prefixes: IPv4 first, then by lowest address, then the wider one first. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.length - b.length;
}

/** Orders canonical prefix text as comparePrefixes does. Throws as parsePrefix does. */
export function comparePrefixText(a: string, b: string): number {
  return a === b ? 0 : comparePrefixes(parsePrefix(a), parsePrefix(b));
}

function readWithHostBits(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const address = readAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9][0-9]{0,2})$/.test(digits)) return undefined;
  const length = Number(digits);
  if (length > addressBits(address.family)) return undefined;
  return { family: address.family, address: address.value, length };
}

function hasHostBits(prefix: Prefix): boolean {
  return BigInt.asUintN(addressBits(prefix.family) - prefix.length, prefix.address) !== 0n;
}
