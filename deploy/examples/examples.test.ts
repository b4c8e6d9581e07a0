// The examples are what the hub accepts.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { declare } from "../../services/hub/src/documents/declare.ts";
import { parseFile } from "../../services/hub/src/documents/parse.ts";

test("the hub takes every document", () => {
  const folder = join(import.meta.dirname, "hub");
  const parsed = readdirSync(folder).map((name) => parseFile(name, readFileSync(join(folder, name), "utf8")));
  expect(parsed.flatMap(({ faults = [] }) => faults)).toEqual([]);
  const { declared, refused } = declare(parsed.flatMap(({ documents = [] }) => documents));
  expect(refused).toEqual([]);
  expect(declared.meshZone).toBe("mesh.example");
  expect([...declared.clusters.keys()]).toEqual(["fra1", "ams1"]);
});
