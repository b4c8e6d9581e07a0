// What manifests hold, as kubectl reads them.

import { expect, test } from "vitest";
import { parseManifests } from "./apply.ts";

const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name } });

test("documents of YAML and JSON, empty ones left out, and the items of a List, in their order", () => {
  const list = { apiVersion: "v1", kind: "List", items: [pod("b"), pod("c")] };
  const text = `---\napiVersion: v1\nkind: Pod\nmetadata: { name: a }\n---\n---\n${JSON.stringify(list)}\n---\n${JSON.stringify(pod("d"))}\n`;
  expect(parseManifests(text)).toEqual(["a", "b", "c", "d"].map(pod));
});

test("text that is no YAML is an error", () => {
  expect(() => parseManifests("kind: [Pod")).toThrow(/flow/i);
});
