// Ranges of a cluster: neighbours are joined exactly, never an address more, and each says where it was learnt.

import fc from "fast-check";
import { expect, test } from "vitest";
import { containsAddress, parseAddress, parsePrefix } from "@sealane/core";
import type { Node } from "./parse-node.ts";
import { detectRanges } from "./ranges.ts";

const node = (name: string, podPrefixes: readonly string[], addresses: readonly string[] = []): Node => ({
  namespace: "",
  name,
  uid: name,
  resourceVersion: "1",
  addresses,
  podPrefixes,
  ready: true,
  zone: "",
});

const prefixes = (nodes: readonly Node[]): string[] =>
  detectRanges(nodes, [], {}).map(({ prefix }) => prefix);

test.for([
  { name: "one", cidrs: ["10.0.0.0/24"], want: ["10.0.0.0/24"] },
  { name: "halves of one parent", cidrs: ["10.0.1.0/24", "10.0.0.0/24"], want: ["10.0.0.0/23"] },
  {
    name: "neighbours of different parents",
    cidrs: ["10.0.1.0/24", "10.0.2.0/24"],
    want: ["10.0.1.0/24", "10.0.2.0/24"],
  },
  {
    name: "three of four",
    cidrs: ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"],
    want: ["10.0.0.0/23", "10.0.2.0/24"],
  },
  {
    name: "four of four",
    cidrs: ["10.0.3.0/24", "10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"],
    want: ["10.0.0.0/22"],
  },
  { name: "one inside another", cidrs: ["10.0.0.0/16", "10.0.7.0/24"], want: ["10.0.0.0/16"] },
  {
    name: "both families",
    cidrs: ["fd00::/65", "10.0.0.0/24", "fd00::8000:0:0:0/65"],
    want: ["10.0.0.0/24", "fd00::/64"],
  },
])("pod ranges: $name", ({ cidrs, want }) => {
  expect(prefixes(cidrs.map((cidr, index) => node(`n${index}`, [cidr])))).toEqual(want);
});

test("joined ranges hold exactly the nodes' addresses, whatever the order", () => {
  const blocks = fc.uniqueArray(fc.integer({ min: 0, max: 63 }), { minLength: 1 });
  fc.assert(
    fc.property(blocks, (numbers) => {
      const nodes = numbers.map((number) => node(`n${number}`, [`10.0.${number}.0/24`]));
      const joined = prefixes(nodes);
      expect(prefixes(nodes.toReversed())).toEqual(joined);
      for (let number = 0; number < 64; number++) {
        const address = parseAddress(`10.0.${number}.255`);
        const holders = joined.filter((prefix) => containsAddress(parsePrefix(prefix), address));
        expect(holders).toHaveLength(numbers.includes(number) ? 1 : 0);
      }
    }),
  );
});

test("a declared kind is not detected, and says where it comes from", () => {
  const nodes = [node("a1", ["10.0.0.0/24"], ["192.0.2.1", "2001:db8::1"])];
  expect(detectRanges(nodes, [], { pod: ["10.0.0.0/16"], service: ["10.96.0.0/12"] })).toEqual([
    { prefix: "10.0.0.0/16", kind: "pod", source: "--pod-range" },
    { prefix: "10.96.0.0/12", kind: "service", source: "--service-range" },
    { prefix: "192.0.2.1/32", kind: "node", source: "Node/a1.status.addresses" },
    { prefix: "2001:db8::1/128", kind: "node", source: "Node/a1.status.addresses" },
  ]);
});
