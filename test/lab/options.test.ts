// What a person may type after `up`.

import { describe, expect, test } from "vitest";
import { parseUpOptions } from "./options.ts";

const nothing = { clusters: "a,b,c", nodes: [], podRange: [], serviceRange: [] };

describe("parseUpOptions", () => {
  test("has defaults", () => {
    expect(parseUpOptions(nothing)).toEqual({
      clusters: ["a", "b", "c"],
      nodes: 2,
      nodesOf: {},
      podRangeOf: {},
      serviceRangeOf: {},
    });
  });

  test("takes one size for all and others by name", () => {
    const request = parseUpOptions({ ...nothing, nodes: ["1", "a=3,b=2"] });
    expect([request.nodes, request.nodesOf]).toEqual([1, { a: 3, b: 2 }]);
  });

  test("takes ranges of both families", () => {
    const request = parseUpOptions({ ...nothing, podRange: ["c=10.64.128.0/17,fd00:10:64:80::/57"] });
    expect(request.podRangeOf).toEqual({ c: { v4: "10.64.128.0/17", v6: "fd00:10:64:80::/57" } });
  });

  test.each([
    [{ ...nothing, nodes: ["two"] }, '--nodes "two"'],
    [{ ...nothing, podRange: ["c=10.0.0.0/8"] }, '--pod-range "c=10.0.0.0/8"'],
    [{ ...nothing, serviceRange: ["fd00::/112"] }, '--service-range "fd00::/112"'],
    [{ ...nothing, clusters: "a,b,a" }, '"a" is there twice'],
  ])("names what it cannot read in %j", (options, message) => {
    expect(() => parseUpOptions(options)).toThrow(message);
  });
});
