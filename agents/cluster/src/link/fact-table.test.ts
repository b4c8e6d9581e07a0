// What is said to the hub stays within what the hub takes.

import { factBytesMax } from "@sealane/core";
import type { NodeFact } from "@sealane/core";
import { expect, test } from "vitest";
import { FactTable } from "./fact-table.ts";
import type { FactChange } from "./fact-table.ts";

const shard = { kind: "node", origin: "a", namespace: "" } as const;
const node = (zone: string): NodeFact => ({ addresses: [], podPrefixes: [], ready: true, zone });
const change = (key: string, zone: string): FactChange => ({
  shard,
  key,
  value: node(zone),
  observedUnixUs: 1n,
});

test("a fact that is too large is not said, what was said before stands, and everything else is said", () => {
  const problems: string[] = [];
  const table = new FactTable(1n, ({ message }) => problems.push(message));
  table.apply([change("n1", "east")]);
  const before = table.shards.entry(shard, "n1");
  expect(table.apply([change("n1", "x".repeat(factBytesMax)), change("n2", "west")])).toBe(true);
  expect(table.shards.entry(shard, "n1")).toBe(before);
  expect(table.shards.entry(shard, "n2")).toBeDefined();
  expect(problems).toEqual([
    expect.stringMatching(/^Cannot tell the hub of "n1" .*at most 262144 are taken/),
  ]);
});

test("a fact that cannot be written down is not said, what was said before stands, and everything else is said", () => {
  const problems: string[] = [];
  const table = new FactTable(1n, ({ message }) => problems.push(message));
  const pods = { kind: "reach", origin: "a", namespace: "shop" } as const;
  const listening = (port: number): FactChange => ({
    shard: pods,
    key: "web/n1",
    value: {
      zone: "",
      groups: [{ ports: [{ name: "", protocol: "TCP", port, appProtocol: "" }], pods: [] }],
    },
    observedUnixUs: 1n,
  });
  table.apply([listening(80)]);
  const before = table.shards.entry(pods, "web/n1");
  expect(table.apply([listening(-1), change("n2", "west")])).toBe(true);
  expect(table.shards.entry(pods, "web/n1")).toBe(before);
  expect(table.shards.entry(shard, "n2")).toBeDefined();
  expect(problems).toEqual([
    expect.stringMatching(
      /^Cannot tell the hub of "web\/n1" .*port.*-1\. What was told of it before stands\.$/,
    ),
  ]);
});
