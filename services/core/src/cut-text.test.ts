// Text that is cut fits, is whole where it fits, and has no half of a character.

import fc from "fast-check";
import { expect, test } from "vitest";
import { cutBytes, cutChars } from "./cut-text.ts";

test.each([
  ["abcdef", 6, "abcdef", "abcdef"],
  ["abcdefg", 6, "abc...", "abc..."],
  ["aäöüß", 9, "aäöüß", "aäöüß"],
  ["aäöüß", 8, "aäöüß", "aäö..."],
  ["a😀😀", 5, "a😀😀", "a..."],
  ["a😀😀", 4, "a...", "a..."],
  ["😀😀😀", 4, "...", "..."],
])("%j at most %d long is %j in characters, %j in bytes", (text, max, chars, bytes) => {
  expect([cutChars(text, max), cutBytes(text, max)]).toEqual([chars, bytes]);
});

test("it fits, begins as the text does, and is well-formed", () => {
  const long = fc.string({ unit: "binary", maxLength: 60 });
  fc.assert(
    fc.property(long, fc.integer({ min: 3, max: 40 }), (text, max) => {
      const bytesOf = (each: string): number => Buffer.byteLength(each);
      const ways = [
        [cutChars(text, max), (each: string) => each.length],
        [cutBytes(text, max), bytesOf],
      ] as const;
      for (const [cut, sizeOf] of ways) {
        expect(sizeOf(cut)).toBeLessThanOrEqual(max);
        expect(cut.isWellFormed()).toBe(true);
        const whole = sizeOf(text) <= max;
        expect(whole ? cut === text : text.startsWith(cut.slice(0, -3)) && cut.endsWith("...")).toBe(true);
      }
    }),
  );
});
