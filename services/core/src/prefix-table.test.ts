// Longest match and overlap search against the slow way, and their speed at the size that is promised.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  comparePrefixes,
  containsPrefix,
  overlapsPrefix,
  parsePrefix,
  prefixOf,
  type Prefix,
} from "./prefix.ts";
import { firstOverlap, longestMatch, prefixTable } from "./prefix-table.ts";

const anyPrefix: fc.Arbitrary<Prefix> = fc
  .tuple(fc.constantFrom(4 as const, 6 as const), fc.bigInt(0n, 4095n), fc.integer({ min: 0, max: 12 }))
  .map(([family, value, length]) =>
    family === 4 ? prefixOf({ family, value }, 20 + length) : prefixOf({ family, value }, 116 + length),
  );

test("the longest prefix that holds another is found", () => {
  fc.assert(
    fc.property(fc.array(anyPrefix, { maxLength: 30 }), anyPrefix, (prefixes, prefix) => {
      const table = prefixTable(prefixes.map((it) => [it, it.length] as const));
      const holding = prefixes.filter((it) => containsPrefix(it, prefix)).map((it) => it.length);
      expect(longestMatch(table, prefix)).toBe(holding.length === 0 ? undefined : Math.max(...holding));
    }),
  );
});

test("the first of sorted disjoint prefixes that meets another is found", () => {
  fc.assert(
    fc.property(fc.array(anyPrefix, { maxLength: 30 }), anyPrefix, (prefixes, prefix) => {
      const disjoint = prefixes
        .filter((it, at) => !prefixes.slice(0, at).some((other) => overlapsPrefix(other, it)))
        .toSorted(comparePrefixes);
      expect(firstOverlap(disjoint, prefix)).toBe(disjoint.findIndex((it) => overlapsPrefix(it, prefix)));
    }),
  );
});

test("one of 100,000 claims is found by a look at nineteen of them at most", () => {
  const claims: Prefix[] = [];
  for (let at = 0; at < 50_000; at++) {
    claims.push({ family: 4, address: 0x0a000000n + BigInt(at) * 256n, length: 24 });
    claims.push({ family: 6, address: (0xfd00n << 112n) + (BigInt(at) << 64n), length: 64 });
  }
  let looks = 0;
  const sorted = new Proxy(claims.toSorted(comparePrefixes), {
    get: (list, key: string, receiver) => {
      if (/^\d+$/.test(key)) looks++;
      return Reflect.get(list, key, receiver) as unknown;
    },
  });
  const strangers = ["192.0.2.0/24", "2001:db8::/64"].map(parsePrefix);
  const within = ["10.3.0.0/16", "fd00:0:0:7::1/128"].map(parsePrefix);
  const questions = [...claims.filter((_, at) => at % 97 === 0), ...within, ...strangers];
  const most = Math.max(
    ...questions.map((question) => {
      looks = 0;
      expect(firstOverlap(sorted, question) >= 0).toBe(!strangers.includes(question));
      return looks;
    }),
  );
  // 2^17 is more than 100,000; then the one before and the one found.
  expect(most).toBeGreaterThan(10);
  expect(most).toBeLessThanOrEqual(19);
});
