// Changes as they are watched: one table that grows, one object a line, one YAML document each.

import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { Format } from "../print/document.ts";
import { changePrinter } from "./change.ts";
import type { Change } from "./change.ts";
import { clusterKind, toCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { cluster, now } from "./fixtures.testing.ts";

const change = (word: Change<Cluster>["change"], name: string, fields = {}): Change<Cluster> => ({
  change: word,
  at: new Date(now).toISOString(),
  item: toCluster(cluster(name, fields)),
});
const options = { colour: false, now };

async function print(format: Format): Promise<string> {
  const printer = changePrinter(clusterKind, format);
  const begin = await printer.changes([change("current", "a"), change("current", "b")], options);
  const synced = await printer.mark({ mark: "synced", at: new Date(now).toISOString(), message: "" });
  const later = await printer.changes([change("changed", "a", { state: 3 }), change("gone", "b")], options);
  return begin + synced + later;
}

test.each(["table", "wide", "json", "yaml", "name"] as const)("as %s", async (format) => {
  await expect(await print(format)).toMatchFileSnapshot(`golden/changes.${format}.txt`);
});

test("JSON is one object a line, and YAML says the same", async () => {
  const lines = (await print("json")).trimEnd().split("\n");
  const documents = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(documents.map((it) => it["change"] ?? it["mark"])).toEqual([
    "current",
    "current",
    "synced",
    "changed",
    "gone",
  ]);
  expect(documents.every((it) => it["apiVersion"] === "sealane.dev/v1alpha1" && it["of"] === "cluster")).toBe(
    true,
  );
  const yaml = parseAllDocuments(await print("yaml")).map((it) => parse(String(it)) as unknown);
  expect(yaml).toEqual(documents);
});

test("nothing changed is nothing printed", async () => {
  for (const format of ["table", "wide", "json", "yaml", "name"] as const) {
    expect(await changePrinter(clusterKind, format).changes([], options)).toBe("");
  }
});
