// A free prefix is free, of the right size, the lowest, and found whenever there is one.

import fc from "fast-check";
import { expect, test } from "vitest";
import { freePrefix, obstacleOf } from "./free-prefix.ts";
import {
  containsPrefix,
  formatPrefix,
  overlapsPrefix,
  parsePrefix,
  prefixOf,
  prefixSize,
  type Prefix,
} from "./prefix.ts";

function free(pools: readonly string[], length: number, taken: readonly string[]): string {
  const found = freePrefix(pools.map(parsePrefix), length, obstacleOf(taken.map(parsePrefix)));
  return found === undefined ? "" : formatPrefix(found);
}

test.each([
  [["10.0.0.0/8"], 16, [], "10.0.0.0/16"],
  [["10.0.0.0/8"], 16, ["10.0.0.0/16"], "10.1.0.0/16"],
  [["10.0.0.0/8"], 16, ["10.0.5.0/24", "10.1.0.0/16", "10.2.0.0/15"], "10.4.0.0/16"],
  [["10.0.0.0/16"], 16, ["10.0.255.255/32"], ""],
  [["10.0.0.0/24"], 16, [], ""],
  [["10.0.0.0/16", "10.9.0.0/16"], 16, ["0.0.0.0/5", "10.0.0.0/16"], "10.9.0.0/16"],
  [["fd00::/56"], 64, ["fd00::/63"], "fd00:0:0:2::/64"],
  [["172.16.0.0/30"], 32, ["172.16.0.0/31", "172.16.0.2/32"], "172.16.0.3/32"],
])("in %j of /%i beside %j: %s", (pools, length, taken, want) => {
  expect(free(pools, length, taken)).toBe(want);
});

test("agrees with trying every place", () => {
  const small = fc
    .tuple(fc.bigInt(0n, 255n), fc.integer({ min: 24, max: 32 }))
    .map(([value, length]) => prefixOf({ family: 4, value }, length));
  fc.assert(
    fc.property(fc.array(small, { maxLength: 12 }), fc.integer({ min: 24, max: 32 }), (taken, length) => {
      const pool: Prefix = { family: 4, address: 0n, length: 24 };
      const found = freePrefix([pool], length, obstacleOf(taken));
      const size = prefixSize(4, length);
      const places = Array.from({ length: Number(256n / size) }, (_, at): Prefix => ({
        family: 4,
        address: BigInt(at) * size,
        length,
      }));
      expect(found).toEqual(places.find((place) => !taken.some((it) => overlapsPrefix(it, place))));
      expect(found === undefined || containsPrefix(pool, found)).toBe(true);
    }),
  );
});
