// The address plan's promises: no two clusters share anything, and the n-th address is the n-th.

import { BlockList } from "node:net";
import { describe, expect, test } from "vitest";
import * as addresses from "./addresses.ts";

const indexes = Array.from({ length: addresses.clustersMax }, (_, index) => index);

describe("the address plan", () => {
  test("gives every cluster ranges, addresses and an AS number of its own", () => {
    const seen = indexes.flatMap((index) => [
      addresses.podRange(index).v4,
      addresses.podRange(index).v6,
      addresses.serviceRange(index).v4,
      addresses.serviceRange(index).v6,
      addresses.controlPlaneAddress(index).v4,
      addresses.nodeAddress(index, 1).v6,
      String(addresses.clusterAsn(index)),
    ]);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("keeps pods and services apart, and both off the segment", () => {
    const taken = new BlockList();
    for (const index of indexes) {
      for (const range of [addresses.podRange(index), addresses.serviceRange(index)]) {
        expect(taken.check(addresses.addressIn(range, 0).v4)).toBe(false);
        expect(taken.check(addresses.addressIn(range, 0).v6, "ipv6")).toBe(false);
        taken.addSubnet(addresses.addressIn(range, 0).v4, addresses.prefixLength(range.v4), "ipv4");
        taken.addSubnet(addresses.addressIn(range, 0).v6, addresses.prefixLength(range.v6), "ipv6");
      }
    }
    expect(taken.check(addresses.nodeAddress(0, 1).v4)).toBe(false);
    expect(taken.check(addresses.nodeAddress(0, 1).v6, "ipv6")).toBe(false);
  });

  test.each([
    ["10.112.0.0/16", "fd00:10:112::/112", 10, "10.112.0.10", "fd00:10:112::a"],
    ["10.112.255.240/28", "fd00::/112", 1, "10.112.255.241", "fd00::1"],
    ["10.0.0.255/32", "fd00::/112", 1, "10.0.1.0", "fd00::1"],
  ])("counts inside %s and %s by %i", (v4, v6, offset, want4, want6) => {
    expect(addresses.addressIn({ v4, v6 }, offset)).toEqual({ v4: want4, v6: want6 });
  });

  test("gives a node a /24 and a /64, or all of a smaller range", () => {
    expect(addresses.nodeMaskSizes(addresses.podRange(0))).toEqual({ v4: 24, v6: 64 });
    expect(addresses.nodeMaskSizes({ v4: "10.0.0.0/26", v6: "fd00::/80" })).toEqual({ v4: 26, v6: 80 });
  });
});
