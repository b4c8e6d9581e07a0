// What is said to the hub stays within what the hub takes, and what is left out of it is not taken for gone.

import { factBytesMax } from "@sealane/core";
import type { ExportFact, NodeFact, ReachFact, ShardId } from "@sealane/core";
import { Outbox, ShardTable, encodeValue } from "@sealane/wire";
import { expect, test } from "vitest";
import { FactTable } from "./fact-table.ts";
import type { FactChange } from "./fact-table.ts";

const nodes = { kind: "node", origin: "a", namespace: "" } as const;
const path = { kind: "path", origin: "a", namespace: "" } as const;
const exportsOf = (namespace: string) => ({ kind: "export", origin: "a", namespace }) as const;
const reach = { kind: "reach", origin: "a", namespace: "shop" } as const;

const node = (zone: string): NodeFact => ({ addresses: [], podPrefixes: [], ready: true, zone });
const change = (key: string, zone: string): FactChange => ({
  shard: nodes,
  key,
  value: node(zone),
  observedUnixUs: 1n,
});

const ports = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    name: `port-${at}`.padEnd(60, "-"),
    protocol: "TCP" as const,
    port: at + 1,
    appProtocol: "",
  }));
const fact = (portCount: number): ExportFact => ({
  uid: "u",
  createdAt: 1,
  type: "ClusterSetIP",
  clusterAddresses: ["10.101.0.80"],
  ipFamilies: ["IPv4"],
  ports: ports(portCount),
  sessionAffinity: "None",
  sessionAffinityTimeoutSeconds: 0,
  internalTrafficPolicy: "Cluster",
  trafficDistribution: "",
  labels: {},
  annotations: {},
  endpoints: "pods",
});
const large = fact(6_000);

function exported(name: string, value: ExportFact | undefined, namespace = "shop"): FactChange {
  return { shard: exportsOf(namespace), key: name, value, observedUnixUs: 1n };
}

const everything: readonly ShardId[] = [exportsOf("shop"), exportsOf("blog"), path];

/** What a hub holds, over the terms of its cluster's leaders. */
function startHub() {
  const held = new ShardTable();
  /** Opens the session of one term; the result sends all that is owed. */
  const connect = (table: FactTable): (() => void) => {
    const outbox = new Outbox(table.shards, () => true);
    outbox.resume(held.states(), (id) => !table.untold.isLacking(id));
    table.follow(outbox);
    return () => {
      for (let sections = outbox.next(); sections !== undefined; sections = outbox.next())
        for (const section of sections) held.apply(section);
    };
  };
  const holds = (name: string, value: ExportFact): boolean => {
    const entry = held.entry(exportsOf("shop"), name);
    return entry !== undefined && Buffer.compare(entry.value, encodeValue("export", value)) === 0;
  };
  return { held, connect, holds, has: (name: string) => held.entry(exportsOf("shop"), name) !== undefined };
}

test("a fact that is too large is not said, what was said before stands, and everything else is said", () => {
  const problems: string[] = [];
  const table = new FactTable(1n, { onProblem: ({ message }) => problems.push(message) });
  table.apply([change("n1", "east")]);
  const before = table.shards.entry(nodes, "n1");
  const tooLarge = change("n1", "x".repeat(factBytesMax));
  expect(table.apply([tooLarge, change("n2", "west")])).toBe(true);
  expect(table.shards.entry(nodes, "n1")).toBe(before);
  expect(table.shards.entry(nodes, "n2")).toBeDefined();
  const said = [expect.stringMatching(/node "n1" are not told: it has more than 262144 bytes.*stays/)];
  expect(problems).toEqual(said);
  table.apply([tooLarge]);
  expect(problems).toEqual(said);
});

test("one that is too large from a term's start is not gone: its shard is whole once it fits, and others are at once", () => {
  const hub = startHub();
  const first = new FactTable(1n);
  first.apply([exported("web", fact(1)), exported("api", fact(1)), exported("log", fact(1), "blog")]);
  first.complete(everything);
  hub.connect(first)();

  const second = new FactTable(2n);
  second.apply([exported("web", large), exported("new", fact(2)), exported("log", fact(2), "blog")]);
  second.complete(everything);
  const send = hub.connect(second);
  send();
  expect(hub.holds("web", fact(1))).toBe(true);
  expect(hub.holds("new", fact(2))).toBe(true);
  const whole = () => everything.map((id) => second.shards.state(id)?.complete ?? false);
  expect(whole()).toEqual([false, true, false]);

  expect(second.apply([exported("web", fact(3))])).toBe(true);
  expect(whole()).toEqual([true, true, true]);
  send();
  expect(hub.holds("web", fact(3))).toBe(true);
  // It went between the terms, and the shard's end says so.
  expect(hub.has("api")).toBe(false);
});

test("one that is too large from a term's start and then really goes is gone", () => {
  const hub = startHub();
  const first = new FactTable(1n);
  first.apply([exported("web", fact(1)), exported("api", fact(1))]);
  first.complete(everything);
  hub.connect(first)();
  const second = new FactTable(2n);
  second.apply([exported("web", large), exported("api", fact(1))]);
  second.complete(everything);
  const send = hub.connect(second);
  send();
  expect(hub.has("web")).toBe(true);
  expect(second.apply([exported("web", undefined)])).toBe(true);
  send();
  expect([hub.has("web"), hub.has("api")]).toEqual([false, true]);
  expect(second.untold.findings()).toEqual([]);
});

test("where an earlier value was told in this term, the shard is whole with it, in a later session too", () => {
  const hub = startHub();
  const table = new FactTable(1n);
  table.apply([exported("web", fact(1))]);
  table.apply([exported("web", large)]);
  expect(table.complete(everything)).toBe(true);
  expect(everything.map((id) => table.shards.state(id)?.complete)).toEqual([true, true, true]);
  hub.connect(table)();
  expect(hub.holds("web", fact(1))).toBe(true);
  hub.connect(table)();
  expect(hub.holds("web", fact(1))).toBe(true);
  expect(table.untold.findings()).toHaveLength(1);
});

test("what is left out is a finding with its cure and a remark for its owner, until it fits or goes", () => {
  const told: string[] = [];
  const table = new FactTable(1n, { onService: (namespace, name) => told.push(`${namespace}/${name}`) });
  const pods = (count: number): ReachFact => ({
    zone: "",
    groups: [
      {
        ports: [],
        pods: Array.from({ length: count }, (_, at) => ({
          addresses: [`10.1.${at >> 8}.${at & 255}`],
          ready: true,
          serving: true,
          terminating: false,
          hostname: "",
          pod: "",
        })),
      },
    ],
  });
  const reached = (count: number | undefined): FactChange => ({
    shard: reach,
    key: "web/",
    value: count === undefined ? undefined : pods(count),
    observedUnixUs: 1n,
  });
  table.apply([exported("web", large), reached(20_000)]);
  const ofPods =
    'Changes of the endpoints of Service "shop/web" that name no node are not told: they have more than 262144 bytes, ' +
    "the most that the hub takes. What it had before stays. " +
    "Name each one's node (nodeName), or divide them among several Services.";
  expect(table.untold.findings()).toEqual([
    {
      subject: "shop/web",
      reason: "FactTooLarge",
      message: expect.stringMatching(/^Changes of the export of Service "shop\/web" .* fewer ports/),
    },
    { subject: "shop/web", reason: "FactTooLarge", message: ofPods },
  ]);
  expect(table.untold.remark("shop", "web")).toMatch(/fewer ports.* among several Services\.$/);
  expect(table.untold.remark("blog", "web")).toBe("");
  expect(told).toEqual(["shop/web", "shop/web"]);

  table.apply([reached(21_000), exported("web", undefined)]);
  expect(table.untold.remark("shop", "web")).toBe(ofPods);
  table.apply([reached(10_000)]);
  expect(table.untold.findings()).toEqual([]);
  expect(told).toHaveLength(4);
});

test("a fact that cannot be written down is not said, what was said before stands, and everything else is said", () => {
  const problems: string[] = [];
  const table = new FactTable(1n, { onProblem: ({ message }) => problems.push(message) });
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
  expect(table.shards.entry(nodes, "n2")).toBeDefined();
  expect(problems).toEqual([
    expect.stringMatching(
      /^Changes of the endpoints of Service "shop\/web" .*a value that cannot be sent: .*port.*-1\. .*stays\.$/,
    ),
  ]);
  expect(table.untold.findings()).toMatchObject([{ subject: "shop/web", reason: "ObjectUnreadable" }]);
});

test("the only one of its shard, too large from a term's start, is not taken for gone either", () => {
  const hub = startHub();
  const first = new FactTable(1n);
  first.apply([exported("web", fact(1))]);
  first.complete(everything);
  hub.connect(first)();
  const second = new FactTable(2n);
  second.apply([exported("web", large)]);
  second.complete(everything);
  const send = hub.connect(second);
  send();
  expect(hub.holds("web", fact(1))).toBe(true);
  second.apply([exported("web", undefined)]);
  send();
  expect(hub.has("web")).toBe(false);
});
