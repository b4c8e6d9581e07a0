// Why an import has no address, as its condition says it, and that a condition is stored as it was meant.

import { expect, test } from "vitest";
import { conditionsOf, importClaim, noAddressProblem, saysAll } from "./conditions.ts";

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

test("a message that is cut is stored as it was meant, whatever characters it has", () => {
  for (const message of ["😀".repeat(3_000), `a${"😀".repeat(3_000)}`]) {
    const claims = [importClaim({ reason: "Failed", message })];
    const written = conditionsOf([], claims, 1, new Date(0));
    // As JSON travels: half a character would be another one afterwards.
    const stored = written.map((each) => ({ ...each, message: Buffer.from(each.message).toString() }));
    expect(saysAll(stored, claims, 1)).toBe(true);
    expect(claims[0]?.message).toMatch(/\.\.\.$/);
  }
});
