import { describe, expect, it } from "vitest";
import { median, quantile, spread } from "./statistics.ts";

describe("order statistics", () => {
  it("take the nearest rank, whatever the order", () => {
    const samples = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(quantile(samples, 0.5)).toBe(50);
    expect(quantile(samples, 0.99)).toBe(99);
    expect(quantile([7], 0.99)).toBe(7);
    expect(median([3, 1, 2])).toBe(2);
  });

  it("show the spread beside the median", () => {
    expect(spread([1.2, 1.1, 1.5])).toBe("1.20 (1.10 to 1.50)");
  });
});
