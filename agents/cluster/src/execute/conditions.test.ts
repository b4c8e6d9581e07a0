// Why an import has no address, as its condition says it.

import { expect, test } from "vitest";
import { noAddressProblem } from "./conditions.ts";

test.each([
  [
    "a family that the cluster lacks",
    ["IPv6"],
    ["IPv4"],
    "IPFamilyNotSupported",
    /has IPv6.*Services have IPv4/,
  ],
  [
    "one of two that the cluster has",
    ["IPv6", "IPv4"],
    ["IPv4"],
    "Pending",
    /no address in this cluster yet/,
  ],
  ["a cluster of unknown families", ["IPv6"], [], "Pending", /service ranges are not known yet/],
])("%s: %j in %j says %s (MCS 20)", (_, ipFamilies, clusterFamilies, reason, message) => {
  const problem = noAddressProblem({ type: "ClusterSetIP", ipFamilies }, clusterFamilies);
  expect(problem).toMatchObject({ reason, message: expect.stringMatching(message) });
});

test("a headless import needs no address, whatever the cluster has (MCS 24)", () => {
  expect(noAddressProblem({ type: "Headless", ipFamilies: ["IPv6"] }, ["IPv4"])).toBeUndefined();
});
