// Addresses of imports: the same for the same name, kept while they lie in the range, never one that is taken.

import fc from "fast-check";
import { containsAddress, parseAddress, parsePrefix } from "@sealane/core";
import { expect, test } from "vitest";
import { addressPool, poolAddress } from "./address-pool.ts";

const free = () => false;

test("an address lies in its family's range, and stays with its name", () => {
  const pool = addressPool(["10.200.0.0/24", "fd00:200::/112"]);
  const names = fc.string({ minLength: 1 });
  fc.assert(
    fc.property(names, (name) => {
      for (const [family, range] of pool) {
        const address = poolAddress(pool, family, name, undefined, free) ?? "";
        expect(containsAddress(range, parseAddress(address))).toBe(true);
        expect(poolAddress(pool, family, name, undefined, free)).toBe(address);
      }
    }),
  );
  expect(poolAddress(pool, "IPv4", "shop/web", "10.200.0.9", free)).toBe("10.200.0.9");
  expect(poolAddress(pool, "IPv4", "shop/web", "10.99.0.9", free)).toMatch(/^10\.200\.0\./);
  expect(poolAddress(addressPool([]), "IPv4", "shop/web", undefined, free)).toBeUndefined();
});

test("every address of a range is given once, but the first, and then none", () => {
  const pool = addressPool(["10.200.0.0/29"]);
  const taken = new Set<string>();
  for (let count = 0; count < 7; count++) {
    const address = poolAddress(pool, "IPv4", `shop/${count}`, undefined, (it) => taken.has(it));
    expect(address).toBeDefined();
    taken.add(address ?? "");
  }
  expect(taken.size).toBe(7);
  expect(taken).not.toContain("10.200.0.0");
  expect([...taken].every((it) => containsAddress(parsePrefix("10.200.0.0/29"), parseAddress(it)))).toBe(
    true,
  );
  expect(poolAddress(pool, "IPv4", "shop/late", undefined, (it) => taken.has(it))).toBeUndefined();
});

test("two ranges of one family are refused", () => {
  expect(() => addressPool(["10.0.0.0/24", "10.0.1.0/24"])).toThrow(/"10\.0\.1\.0\/24".*given already/);
});
