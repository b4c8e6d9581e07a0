// The difference between a wish and what was seen: numbers and sentences.

import { expect, test } from "vitest";
import type { DesiredRoutes } from "../desired.ts";
import { compareRoutes } from "./routes.ts";

const wish: DesiredRoutes = {
  install: [
    { prefix: "10.1.1.0/24", nextHops: ["172.16.0.11"], cluster: "a", purpose: "pods of node a1" },
    { prefix: "10.101.0.80/32", nextHops: ["172.16.0.11", "172.16.0.12"], cluster: "a", purpose: "shop/web" },
  ],
  originate: [{ prefix: "10.2.1.0/24", purpose: "pods of node b1" }],
  withheld: [
    {
      prefix: "fd00::/64",
      cluster: "a",
      purpose: "pods of node a1",
      reason: "NodeNoAddress",
      message: "none",
    },
  ],
};

test("as wanted, in any order of hops", () => {
  const install = wish.install.map((route) => ({
    prefix: route.prefix,
    nextHops: route.nextHops.toReversed(),
  }));
  expect(compareRoutes(wish, { install, originate: ["10.2.1.0/24"] })).toEqual({
    counts: [
      { kind: "install", desired: 2, observed: 2 },
      { kind: "originate", desired: 1, observed: 1 },
    ],
    findings: [{ subject: "fd00::/64", reason: "NodeNoAddress", message: "none" }],
  });
});

test("what is missing, different or too much is named before what is left out on purpose", () => {
  const seen = {
    install: [
      { prefix: "10.101.0.80/32", nextHops: ["172.16.0.12"] },
      { prefix: "10.9.0.0/24", nextHops: ["172.16.0.12"] },
    ],
    originate: [],
  };
  const { counts, findings } = compareRoutes(wish, seen);
  expect(counts).toEqual([
    { kind: "install", desired: 2, observed: 0 },
    { kind: "originate", desired: 1, observed: 0 },
  ]);
  expect(findings.map((it) => it.message)).toEqual([
    "10.1.1.0/24 is not installed",
    "10.101.0.80/32 goes to 172.16.0.12 instead of 172.16.0.11, 172.16.0.12",
    "10.2.1.0/24 is not announced",
    "10.9.0.0/24 is there, but not wanted",
    "none",
  ]);
});
