// What a node refuses before anything is applied, row by row.

import type { Reason } from "@sealane/core";
import { describe, expect, test } from "vitest";
import { announced, toward, wish } from "./drivers/contract.ts";
import { screen } from "./screen.ts";

const networks = [
  { prefix: "10.10.0.0/24", address: "10.10.0.1", link: "eth0" },
  { prefix: "10.244.1.0/24", address: "10.244.1.1", link: "cni0" },
  { prefix: "fd10::/64", address: "fd10::1", link: "eth0" },
];
const context = { networks, nextHopsMax: 2 };
const [good, other, off] = ["10.10.0.11", "10.10.0.12", "192.0.2.9"] as const;

const rows: readonly {
  readonly name: string;
  readonly prefix: string;
  readonly hops: readonly string[];
  readonly kept: readonly string[];
  readonly reason?: Reason;
}[] = [
  { name: "on-link", prefix: "10.200.0.1/32", hops: [good, other], kept: [good, other] },
  { name: "on-link, IPv6", prefix: "fd00:200::1/128", hops: ["fd10::11"], kept: ["fd10::11"] },
  { name: "off-link", prefix: "10.200.0.1/32", hops: [off], kept: [], reason: "NextHopNotOnLink" },
  {
    name: "one of two off-link",
    prefix: "10.200.0.1/32",
    hops: [good, off],
    kept: [good],
    reason: "NextHopNotOnLink",
  },
  {
    name: "the node itself",
    prefix: "10.200.0.1/32",
    hops: ["10.10.0.1"],
    kept: [],
    reason: "NextHopNotOnLink",
  },
  { name: "hop inside the prefix", prefix: "10.0.0.0/8", hops: [good], kept: [], reason: "NextHopCovered" },
  { name: "the node's own pods", prefix: "10.244.0.0/16", hops: [good], kept: [], reason: "PrefixForbidden" },
  {
    name: "an address of the segment",
    prefix: "10.10.0.9/32",
    hops: [good],
    kept: [],
    reason: "PrefixForbidden",
  },
  { name: "default, other family of hop", prefix: "::/0", hops: [good], kept: [], reason: "PrefixForbidden" },
  { name: "link-local", prefix: "fe80::/64", hops: ["fd10::11"], kept: [], reason: "PrefixForbidden" },
  { name: "announced here", prefix: "10.210.0.1/32", hops: [good], kept: [], reason: "PrefixForbidden" },
  {
    name: "too wide",
    prefix: "10.200.0.1/32",
    hops: [good, other, "10.10.0.13"],
    kept: [good, other],
    reason: "ApplyFailed",
  },
];

describe("a route to another cluster", () => {
  test.each(rows)("$name", ({ prefix, hops, kept, reason }) => {
    const { accepted, findings } = screen(
      wish([toward(prefix, ...hops)], [announced("10.210.0.1/32")]),
      context,
    );
    expect(accepted.install.flatMap(({ nextHops }) => nextHops)).toEqual(kept);
    expect(findings.map((finding) => finding.reason)).toEqual(reason === undefined ? [] : [reason]);
    expect(findings.every(({ subject, message }) => subject === prefix && message.includes(prefix))).toBe(
      true,
    );
  });
});

test("what is announced may be the node's own network, and never a special one", () => {
  const { accepted, findings } = screen(
    wish([], [announced("10.244.1.0/24"), announced("224.0.0.0/8")]),
    context,
  );
  expect(accepted.originate).toEqual([announced("10.244.1.0/24")]);
  expect(findings).toMatchObject([{ subject: "224.0.0.0/8", reason: "PrefixForbidden" }]);
});
