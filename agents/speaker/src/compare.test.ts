// Where wish and observation part, row by row.

import { describe, expect, test } from "vitest";
import type { Disagreement } from "./compare.ts";
import { disagreements, shadowed } from "./compare.ts";
import type { DaemonRoute, KernelRoute } from "./driver.ts";
import { announced, toward, wish } from "./drivers/contract.ts";

const [one, two] = ["10.10.0.11", "10.10.0.12"] as const;
const prefix = "10.200.0.1/32";
const want = wish([toward(prefix, one, two)]);

function daemon(nextHops: readonly string[], preferred = true): DaemonRoute {
  return { prefix, kind: "install", nextHops, preferred };
}

function written(nextHops: readonly string[], over: Partial<KernelRoute> = {}): KernelRoute {
  return { prefix, type: "unicast", protocol: "bird", metric: 32, nextHops, ...over };
}

const rows: readonly {
  readonly name: string;
  readonly daemon: readonly DaemonRoute[];
  readonly kernel: readonly KernelRoute[];
  readonly found: readonly Pick<Disagreement, "where" | "kind">[];
}[] = [
  {
    name: "both as wanted, in any order",
    daemon: [daemon([one, two])],
    kernel: [written([two, one])],
    found: [],
  },
  {
    name: "by the writer's number",
    daemon: [daemon([one, two])],
    kernel: [written([one, two], { protocol: "12" })],
    found: [],
  },
  { name: "nowhere", daemon: [], kernel: [], found: [{ where: "daemon", kind: "missing" }] },
  {
    name: "a dormant hop",
    daemon: [daemon([one])],
    kernel: [written([one])],
    found: [{ where: "daemon", kind: "differs" }],
  },
  {
    name: "not in the kernel",
    daemon: [daemon([one, two])],
    kernel: [],
    found: [{ where: "kernel", kind: "missing" }],
  },
  {
    name: "somebody else's in the kernel",
    daemon: [daemon([one, two])],
    kernel: [written([one, two], { protocol: "static" })],
    found: [{ where: "kernel", kind: "missing" }],
  },
  {
    name: "fewer hops in the kernel",
    daemon: [daemon([one, two])],
    kernel: [written([one])],
    found: [{ where: "kernel", kind: "differs" }],
  },
  {
    name: "another protocol is preferred",
    daemon: [daemon([one, two], false)],
    kernel: [written([one])],
    found: [],
  },
];

describe("an installed route", () => {
  test.each(rows)("$name", (row) => {
    expect(disagreements(want, row, [])).toMatchObject(row.found);
    expect(disagreements(want, row, [])).toHaveLength(row.found.length);
  });
});

test("what is not wanted any more is left, in the daemon or in the kernel", () => {
  const views = {
    daemon: [daemon([one])],
    kernel: [written([one]), written([one], { prefix: "10.200.0.2/32" })],
  };
  expect(disagreements(wish([]), views, ["10.200.0.2/32"])).toMatchObject([
    { prefix, where: "daemon", kind: "left" },
    { prefix: "10.200.0.2/32", where: "kernel", kind: "left" },
  ]);
});

test("an announced prefix is missing, or swallowed by the node's own kernel", () => {
  const own: DaemonRoute = { prefix, kind: "originate", nextHops: [], preferred: true };
  const desired = wish([], [announced(prefix)]);
  expect(disagreements(desired, { daemon: [], kernel: [] }, [])).toMatchObject([{ kind: "missing" }]);
  expect(disagreements(desired, { daemon: [own], kernel: [] }, [])).toEqual([]);
  const blackhole = written([], { type: "blackhole" });
  expect(disagreements(desired, { daemon: [own], kernel: [blackhole] }, [])).toMatchObject([
    { kind: "swallowed" },
  ]);
});

test("a foreign route shadows ours by its metric", () => {
  const foreign = (metric: number) => written([two], { protocol: "static", metric });
  expect(shadowed(want, [written([one, two]), foreign(0)])).toMatchObject([
    { subject: prefix, reason: "ApplyFailed" },
  ]);
  expect(shadowed(want, [written([one, two]), foreign(1024)])).toEqual([]);
  expect(shadowed(wish([]), [foreign(0)])).toEqual([]);
});
