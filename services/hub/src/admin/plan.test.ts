// A plan is the address book's own verdict, and changes nothing.

import { rangesPerClusterMax } from "@sealane/core";
import { rangeKindWords } from "@sealane/wire";
import { expect, it } from "vitest";
import { worldOf } from "../testing/world.ts";
import { planVerbs } from "./plan.ts";

const world = worldOf(
  { a: 1 },
  {
    pools: [{ kind: "pod", prefix: "10.0.0.0/12" }],
    reserved: ["10.200.0.0/16"],
    clusters: new Map([
      ["fra1", { name: "fra1", claims: ["10.8.0.0/16"], exportNamespaces: undefined, asn: 0 }],
    ]),
  },
);
const { planJoin } = planVerbs(() => world);
const pod = (prefix: string) => ({ prefix, kind: rangeKindWords.encode("pod") });

function plan(cluster: string, ranges: readonly { readonly prefix: string; readonly kind: number }[]) {
  return planJoin({ cluster, ranges } as unknown as Parameters<typeof planJoin>[0], undefined as never);
}

it("says whose range is met, where, and what is free instead", async () => {
  expect(await plan("", [pod("10.1.128.0/17"), pod("10.9.0.0/16"), pod("10.200.1.0/24")])).toMatchObject({
    member: false,
    ranges: [
      {
        prefix: "10.1.128.0/17",
        admitted: false,
        reason: "RangeOverlap",
        owner: "a",
        ownerPrefix: "10.1.0.0/16",
        overlap: "10.1.128.0/17",
        free: "10.0.0.0/17",
      },
      { prefix: "10.9.0.0/16", admitted: true },
      { prefix: "10.200.1.0/24", admitted: false, reason: "RangeReserved" },
    ],
  });
});

it("judges by the document of the name, and knows a member's own ranges", async () => {
  const elsewhere = await plan("fra1", [pod("10.9.0.0/16")]);
  expect(elsewhere).toMatchObject({ ranges: [{ admitted: false, reason: "RangeNotAllowed" }] });
  expect(await plan("a", [pod("10.1.0.0/16")])).toMatchObject({ member: true, ranges: [{ admitted: true }] });
});

it("changes nothing", async () => {
  const before = world.book;
  await plan("b", [pod("10.9.0.0/16")]);
  expect(world.book).toBe(before);
  expect(await plan("c", [pod("10.9.0.0/16")])).toMatchObject({ ranges: [{ admitted: true }] });
});

it("refuses what is no plan", async () => {
  await expect(plan("Not_a_label", [pod("10.9.0.0/16")])).rejects.toThrow(/Cannot plan: .*"Not_a_label"/);
  await expect(plan("", [])).rejects.toThrow(/at least one range/);
  const many = Array.from({ length: rangesPerClusterMax + 1 }, () => pod("10.9.0.0/16"));
  await expect(plan("", many)).rejects.toThrow(/may report 4096/);
  await expect(plan("", [{ prefix: "10.9.0.0/16", kind: 99 }])).rejects.toThrow(/unknown range kind 99/);
});
