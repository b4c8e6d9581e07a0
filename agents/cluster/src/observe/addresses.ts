// Addresses and prefixes of API objects in canonical text. Refuses what is none, naming the field.

import { canonicalAddress, canonicalPrefix, compareAddresses, parseAddress } from "@sealane/core";
import { ObjectError, list, text } from "../kube/door.ts";
import { messageOf } from "../kube/error.ts";

/** One address. @throws ObjectError */
export function address(value: unknown, where: string): string {
  return canonical(canonicalAddress, value, where);
}

/** One prefix. @throws ObjectError */
function prefix(value: unknown, where: string): string {
  return canonical(canonicalPrefix, value, where);
}

/** A list of prefixes. @throws ObjectError */
export function prefixes(value: unknown, where: string): readonly string[] {
  return list(value, where).map((each, index) => prefix(each, `${where}[${index}]`));
}

/** Canonical addresses, IPv4 first, without repeats. */
export function sortedAddresses(addresses: Iterable<string>): string[] {
  return [...new Set(addresses)].toSorted((a, b) => compareAddresses(parseAddress(a), parseAddress(b)));
}

function canonical(read: (text: string) => string, value: unknown, where: string): string {
  const given = text(value, where);
  try {
    return read(given);
  } catch (cause) {
    throw new ObjectError(`${where}: ${messageOf(cause)}`, { where, cause });
  }
}
