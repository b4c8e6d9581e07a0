// Which pod is turned unready in the shipped manifests, and that only words of its readiness change.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inputsOf, inputsReader } from "./manifests.ts";
import { findLonePod, nodesUsing, withReadiness } from "./readiness.ts";

const clusters = join(import.meta.dirname, "clusters");
const read = inputsReader();

test("the shipped manifests have a pod whose loss takes one of two next hops away", async () => {
  const inputs = new Map([
    ["c", await read(join(clusters, "c"))],
    ["a", await read(join(clusters, "a"))],
  ]);
  expect(findLonePod(new Map([["a", inputs.get("a")!]]))).toMatchObject({
    cluster: "a",
    service: "shop/web",
    node: "a2",
    hops: ["172.30.1.12", "fd00:30::1:12"],
    endpoints: [{ node: "a2" }, { node: "a2" }],
  });
  expect(findLonePod(inputs)).toMatchObject({ cluster: "c", service: "pay/api", node: "c2" });
});

test("where every Service stands on one node alone, there is none", async () => {
  expect(findLonePod(new Map([["b", await read(join(clusters, "b"))]]))).toBeUndefined();
});

test("only the words of this pod's readiness change, and back again", async () => {
  const file = join(clusters, "a", "endpointslices.yaml");
  const before = await readFile(file, "utf8");
  const pod = findLonePod(new Map([["a", await read(join(clusters, "a"))]]))!;
  const after = withReadiness(before, pod.endpoints, "false");
  const changed = after.split("\n").filter((line, index) => line !== before.split("\n")[index]);
  expect(changed).toEqual(["      ready: false", "      ready: false"]);
  const now = inputsOf(file, after).endpoints.filter(({ pod: name }) => name === pod.pod);
  expect(now.map(({ ready }) => ready)).toEqual([false, false]);
  expect(withReadiness(after, now, "true")).toBe(before);
});

test("a file that is no YAML says nothing", () => {
  expect(inputsOf("x.yaml", "kind: [")).toEqual({
    exports: [],
    namespaces: [],
    nodes: new Map(),
    endpoints: [],
  });
});

test("nodes use a hop where a route to one of the prefixes has it", () => {
  const nodes = new Map([
    ["b1", new Map([["10.0.0.1/32", ["192.0.2.1", "192.0.2.2"]]])],
    ["b2", new Map([["10.0.0.1/32", ["192.0.2.1"]]])],
    ["b3", new Map([["10.0.0.9/32", ["192.0.2.2"]]])],
  ]);
  expect(nodesUsing(nodes, ["10.0.0.1/32"], ["192.0.2.2"])).toEqual(["b1"]);
});
