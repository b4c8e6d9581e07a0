// Lines come out whole, wherever the chunks were cut.

import fc from "fast-check";
import { expect, test } from "vitest";
import { createLineSplitter } from "./lines.ts";

test("any cutting gives the same lines", () => {
  const line = fc.string({ unit: "grapheme" }).map((each) => each.replaceAll("\n", ""));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 20 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(""));
      const splitter = createLineSplitter(1_000_000);
      const got: string[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        splitter.push(bytes.subarray(at, at + cut), (each) => got.push(each));
        at += cut;
      }
      expect(got).toEqual(lines);
    }),
  );
});

test("a line without an end is refused", () => {
  const splitter = createLineSplitter(10);
  expect(() => splitter.push(Buffer.from("x".repeat(11)), () => {})).toThrow("longer than 10 bytes");
});
