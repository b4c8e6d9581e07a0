// Address text against Node's own judgement of what an address is, and RFC 5952's own examples.

import fc from "fast-check";
import { isIP } from "node:net";
import { expect, test } from "vitest";
import { canonicalAddress, compareAddresses, formatAddress, parseAddress, readAddress } from "./address.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["2001:0db8::0001", "2001:db8::1"],
  ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:DB8::AAAA", "2001:db8::aaaa"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ["::ffff:c000:201", "::ffff:192.0.2.1"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
])("%s is canonically %s", (text, canonical) => {
  expect(canonicalAddress(text)).toBe(canonical);
});

test.each([
  "",
  "1.2.3",
  "1.2.3.4.5",
  "01.2.3.4",
  "1.2.3.256",
  "1.2.3.",
  ".1.2.3",
  "1..2.3",
  " 1.2.3.4",
  "1.2.3.4 ",
  "+1.2.3.4",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1::2::3",
  ":1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:",
  ":::",
  "12345::",
  "g::",
  "fe80::1%eth0",
  "::1.2.3",
  "1.2.3.4::",
  "1:2:3:4:5:6:7::8",
])("%j is no address", (text) => {
  expect(readAddress(text)).toBeUndefined();
  expect(isIP(text) === 0 || text.includes("%")).toBe(true);
  expect(() => parseAddress(text)).toThrow(`"${text}"`);
});

const anyText = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.stringMatching(/^[0-9a-f:.]{0,24}$/),
  fc.stringMatching(/^([0-9]{1,3}\.){3}[0-9]{1,3}$/),
);

test("reads exactly what Node reads", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(readAddress(text)?.family ?? 0).toBe(isIP(text));
    }),
    { numRuns: 2000 },
  );
});

test("writes IPv6 in every form as the URL standard does", () => {
  // That standard writes IPv4-mapped addresses in hexadecimal where RFC 5952 recommends dots.
  const plain = fc.ipV6().filter((text) => parseAddress(text).value >> 32n !== 0xffffn);
  fc.assert(
    fc.property(plain, (text) => {
      expect(canonicalAddress(text)).toBe(new URL(`http://[${text}]`).hostname.slice(1, -1));
    }),
    { numRuns: 2000 },
  );
});

test("canonical text reads back to the same address", () => {
  const any = fc.oneof(
    fc.bigInt(0n, (1n << 32n) - 1n).map((value) => ({ family: 4 as const, value })),
    fc.bigInt(0n, (1n << 128n) - 1n).map((value) => ({ family: 6 as const, value })),
  );
  fc.assert(
    fc.property(any, (address) => {
      expect(parseAddress(formatAddress(address))).toEqual(address);
    }),
  );
});

test("IPv4 comes before IPv6, each by value", () => {
  const sorted = ["::1", "10.0.0.2", "9.0.0.1", "::"].map(parseAddress).toSorted(compareAddresses);
  expect(sorted.map(formatAddress)).toEqual(["9.0.0.1", "10.0.0.2", "::", "::1"]);
});
