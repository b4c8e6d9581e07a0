// The committed reference is what the code says now.

import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { referencePages } from "./reference.ts";

const root = resolve(import.meta.dirname, "..");

test("docs/reference is what the code says; else run: node test/reference.ts", async () => {
  const pages = await referencePages();
  expect([...pages.keys()]).toEqual(["docs/reference/cli.md", "docs/reference/metrics.md"]);
  for (const [path, text] of pages) expect(await readFile(join(root, path), "utf8")).toBe(text);
});

test("it names every verb and metrics of all four programs", async () => {
  const pages = [...(await referencePages()).values()].join("\n");
  for (const said of [
    "## sealane plan join",
    "## sealane watch events",
    "sealane_session_up",
    "sealane_agent_leader",
    "sealane_route_apply_seconds",
    "sealane_mesh_dns_live_seconds",
    "| `cluster`, `reason` |",
  ]) {
    expect(pages).toContain(said);
  }
});
