// Names that people choose, with the sentence that each wrong one gets.

import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  clusterNameFault,
  derivedServiceName,
  isLabel,
  isPodNameable,
  isWithin,
  meshZoneFault,
  zoneFault,
} from "./names.ts";

test.each(["a", "a1", "prod-eu-1", "0", "x".repeat(63)])("%s is a good cluster name (MCS 2)", (name) => {
  expect(clusterNameFault(name)).toBeUndefined();
});

test.each([
  ["", "not an RFC 1123 label"],
  ["A", "not an RFC 1123 label"],
  ["-a", "not an RFC 1123 label"],
  ["a-", "not an RFC 1123 label"],
  ["a.b", "not an RFC 1123 label"],
  ["a_b", "not an RFC 1123 label"],
  ["a\n", "not an RFC 1123 label"],
  ["ä", "not an RFC 1123 label"],
  ["x".repeat(64), "not an RFC 1123 label"],
  ["ns", "reserved"],
  ["gen", "reserved"],
])("cluster name %j is refused: %s (MCS 2, 3)", (name, why) => {
  expect(clusterNameFault(name)).toContain(why);
  expect(clusterNameFault(name)).toContain(`"${name}"`);
});

test.each([
  ["mesh.example", "good"],
  ["a.b.c.example", "good"],
  ["clusterset.local", "good"],
  ["example", "one label"],
  ["cluster.local", ".local"],
  ["mesh.local", ".local"],
  ["x.clusterset.local", ".local"],
  ["mesh..example", "not an RFC 1123 label"],
  ["mesh.example.", "not an RFC 1123 label"],
  ["Mesh.example", "not an RFC 1123 label"],
  [`${"a".repeat(60)}.`.repeat(4) + "example", "longer than"],
])("zone %s: %s", (zone, why) => {
  expect(zoneFault(zone) ?? "good").toContain(why);
});

test("the mesh zone is not the zone of merged services", () => {
  expect(meshZoneFault("mesh.example")).toBeUndefined();
  expect(meshZoneFault("clusterset.local")).toContain("every cluster answers");
  expect(meshZoneFault("local")).toBeDefined();
});

test("below a zone means at a label's border", () => {
  expect(isWithin("a.mesh.example", "mesh.example")).toBe(true);
  expect(isWithin("mesh.example", "mesh.example")).toBe(true);
  expect(isWithin("amesh.example", "mesh.example")).toBe(false);
});

test("a pod's own name has at most 253 characters, and one by its address always has (MCS 58)", () => {
  const label = "x".repeat(63);
  expect(isPodNameable(label, "c".repeat(40), label, label)).toBe(true);
  expect(isPodNameable(label, "c".repeat(41), label, label)).toBe(false);
  const longestAddress = "fd00-1111-2222-3333-4444-5555-6666-7777";
  expect(isPodNameable(longestAddress, label, label, label)).toBe(true);
});

test("a derived name is a label, and differs by namespace and by name", () => {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const names = [
    derivedServiceName("a", "b", hash),
    derivedServiceName("b", "a", hash),
    derivedServiceName("a", "c", hash),
  ];
  expect(names.every(isLabel)).toBe(true);
  expect(new Set(names).size).toBe(3);
  expect(names[0]).toMatch(/^sealane-[0-9a-f]{16}$/);
});
