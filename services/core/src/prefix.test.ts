// Prefixes: text, errors that say the cure, and how two prefixes lie to each other.

import fc from "fast-check";
import { BlockList } from "node:net";
import { expect, test } from "vitest";
import { formatAddress } from "./address.ts";
import {
  canonicalPrefix,
  comparePrefixes,
  containsPrefix,
  formatPrefix,
  hostPrefix,
  intersectPrefixes,
  lastAddress,
  overlapsPrefix,
  parsePrefix,
  prefixOf,
  readPrefix,
  subtractPrefixes,
  type Prefix,
} from "./prefix.ts";

const anyPrefix: fc.Arbitrary<Prefix> = fc.oneof(
  fc
    .tuple(fc.bigInt(0n, (1n << 32n) - 1n), fc.integer({ min: 0, max: 32 }))
    .map(([value, length]) => prefixOf({ family: 4, value }, length)),
  fc
    .tuple(fc.bigInt(0n, (1n << 128n) - 1n), fc.integer({ min: 0, max: 128 }))
    .map(([value, length]) => prefixOf({ family: 6, value }, length)),
);

/** Prefixes that meet each other often. */
const closePrefix: fc.Arbitrary<Prefix> = fc
  .tuple(fc.bigInt(0n, 255n), fc.integer({ min: 24, max: 32 }))
  .map(([value, length]) => prefixOf({ family: 4, value: 0x0a000000n + value }, length));

test.each([
  ["10.0.0.1/24", 'Cannot read prefix "10.0.0.1/24": it has host bits beyond /24; write "10.0.0.0/24"'],
  [
    "2001:db8::1/64",
    'Cannot read prefix "2001:db8::1/64": it has host bits beyond /64; write "2001:db8::/64"',
  ],
  ["10.0.0.0", 'Cannot read prefix "10.0.0.0": it is not CIDR text'],
  ["10.0.0.0/33", 'Cannot read prefix "10.0.0.0/33"'],
  ["10.0.0.0/08", 'Cannot read prefix "10.0.0.0/08"'],
  ["10.0.0.0/", 'Cannot read prefix "10.0.0.0/"'],
  ["::/129", 'Cannot read prefix "::/129"'],
  ["pods", 'Cannot read prefix "pods"'],
])("%s is refused with its cure", (text, message) => {
  expect(() => parsePrefix(text)).toThrow(message);
  expect(readPrefix(text)).toBeUndefined();
});

test("text becomes canonical", () => {
  expect(canonicalPrefix("2001:0DB8:0::/48")).toBe("2001:db8::/48");
  expect(canonicalPrefix("0.0.0.0/0")).toBe("0.0.0.0/0");
  expect(canonicalPrefix("::/0")).toBe("::/0");
});

test("canonical text reads back to the same prefix", () => {
  fc.assert(
    fc.property(anyPrefix, (prefix) => {
      expect(parsePrefix(formatPrefix(prefix))).toEqual(prefix);
    }),
  );
});

test("contains what Node's own list contains", () => {
  fc.assert(
    fc.property(anyPrefix, anyPrefix, (a, b) => {
      const list = new BlockList();
      list.addSubnet(
        formatAddress({ family: a.family, value: a.address }),
        a.length,
        a.family === 4 ? "ipv4" : "ipv6",
      );
      const host = { family: b.family, value: b.address };
      // Node takes an IPv4 rule to hold for IPv4-mapped IPv6 addresses too; here the families are apart.
      const listed =
        a.family === b.family && list.check(formatAddress(host), b.family === 4 ? "ipv4" : "ipv6");
      expect(containsPrefix(a, hostPrefix(host))).toBe(listed);
    }),
  );
});

test("overlap, containment and intersection agree", () => {
  fc.assert(
    fc.property(closePrefix, closePrefix, (a, b) => {
      const overlap = a.address <= lastAddress(b) && b.address <= lastAddress(a);
      const both = intersectPrefixes(a, b);
      expect(overlapsPrefix(a, b)).toBe(overlap);
      expect(both !== undefined).toBe(overlap);
      expect(both === undefined || (containsPrefix(a, both) && containsPrefix(b, both))).toBe(true);
    }),
  );
});

test("sorted by family, address, wider first", () => {
  const sorted = ["::/0", "10.0.0.0/16", "10.0.0.0/8", "9.0.0.0/8"]
    .map(parsePrefix)
    .toSorted(comparePrefixes);
  expect(sorted.map(formatPrefix)).toEqual(["9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/16", "::/0"]);
});

test("what is left of a prefix holds exactly the addresses that the others do not", () => {
  fc.assert(
    fc.property(closePrefix, fc.array(closePrefix, { maxLength: 4 }), (prefix, others) => {
      const left = subtractPrefixes(prefix, others);
      for (let last = 0; last < 256; last++) {
        const address = hostPrefix({ family: 4, value: 0x0a000000n + BigInt(last) });
        const isLeft = containsPrefix(prefix, address) && !others.some((it) => containsPrefix(it, address));
        expect(left.filter((it) => containsPrefix(it, address))).toHaveLength(isLeft ? 1 : 0);
      }
      expect([...left].toSorted(comparePrefixes)).toEqual(left);
    }),
    { numRuns: 50 },
  );
});
