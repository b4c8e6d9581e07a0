// IPv4 and IPv6 addresses: text to number and back. Refuses zones (`%eth0`), leading zeros and anything
// that two parsers might read differently.

/** IP version. */
export type Family = 4 | 6;

/** An address as a number of 32 or 128 bits. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** Bits of an address of the family. */
export function addressBits(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** The family that the text would have to be of; says nothing about its being valid. */
export function familyOf(text: string): Family {
  return text.includes(":") ? 6 : 4;
}

/** Reads an address, or gives undefined when the text is none. Accepts every form of RFC 4291, section 2.2. */
export function readAddress(text: string): Address | undefined {
  if (familyOf(text) === 4) {
    const value = readIPv4(text);
    return value === undefined ? undefined : { family: 4, value: BigInt(value) };
  }
  const value = readIPv6(text);
  return value === undefined ? undefined : { family: 6, value };
}

/** Reads an address. Throws an error that quotes the text when it is none. */
export function parseAddress(text: string): Address {
  const address = readAddress(text);
  if (address === undefined) {
    throw new Error(
      `Cannot read address "${text}": it is neither IPv4 (192.0.2.1) nor IPv6 (2001:db8::1) text`,
    );
  }
  return address;
}

/** Canonical text: dotted decimal, or RFC 5952 for IPv6. */
export function formatAddress(address: Address): string {
  return address.family === 4 ? formatIPv4(Number(address.value)) : formatIPv6(address.value);
}

/** The canonical text of an address in any form. Throws as parseAddress does. */
export function canonicalAddress(text: string): string {
  return formatAddress(parseAddress(text));
}

/** Orders addresses: IPv4 first, then by value. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

function readIPv4(text: string): number | undefined {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      if (octet < 0 || dots === 3) return undefined;
      value = value * 256 + octet;
      octet = -1;
      dots++;
    } else if (code >= 48 && code <= 57) {
      if (octet === 0) return undefined;
      octet = octet < 0 ? code - 48 : octet * 10 + code - 48;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : undefined;
}

function readIPv6(text: string): bigint | undefined {
  const gap = text.indexOf("::");
  const head = readGroups(gap < 0 ? text : text.slice(0, gap), gap < 0);
  if (head === undefined) return undefined;
  if (gap < 0) return head.length === 8 ? joinGroups(head) : undefined;
  const tail = readGroups(text.slice(gap + 2), true);
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return joinGroups([...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]);
}

/** 16-bit groups; the last part may be an IPv4 address where the text may end with one. */
function readGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes(".")) {
      const value = readIPv4(part);
      if (value === undefined) return undefined;
      groups.push(Math.floor(value / 65536), value % 65536);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function joinGroups(groups: readonly number[]): bigint {
  const half = (from: number) =>
    (BigInt(groups[from]! * 65536 + groups[from + 1]!) << 32n) |
    BigInt(groups[from + 2]! * 65536 + groups[from + 3]!);
  return (half(0) << 64n) | half(4);
}

function formatIPv4(value: number): string {
  return `${Math.floor(value / 16777216)}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function formatIPv6(value: bigint): string {
  const mapped = value >> 32n === 0xffffn;
  if (mapped) return `::ffff:${formatIPv4(Number(value & 0xffffffffn))}`;
  const groups = Array.from({ length: 8 }, (_, index) =>
    Number((value >> BigInt(112 - 16 * index)) & 0xffffn),
  );
  let start = 0;
  let length = 1;
  for (let from = 0; from < 8; from++) {
    let run = 0;
    while (from + run < 8 && groups[from + run] === 0) run++;
    if (run > length) [start, length] = [from, run];
    from += run;
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}
