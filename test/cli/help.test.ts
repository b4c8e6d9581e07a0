// What the help shows and what a mistyped command is told: no hub is needed for either.

import { expect, test } from "vitest";
import { invoke } from "./invoke.ts";

test.each([
  { verb: [] },
  { verb: ["status"] },
  { verb: ["get"] },
  { verb: ["get", "clusters"] },
  { verb: ["get", "services"] },
  { verb: ["get", "routes"] },
  { verb: ["get", "names"] },
  { verb: ["get", "ranges"] },
  { verb: ["explain"] },
  { verb: ["explain", "import"] },
  { verb: ["explain", "route"] },
  { verb: ["token"] },
  { verb: ["token", "create"] },
  { verb: ["token", "list"] },
  { verb: ["token", "revoke"] },
  { verb: ["version"] },
])("the help of sealane $verb leads with examples and names the shared flags", async ({ verb }) => {
  const { code, stdout, stderr } = await invoke([...verb, "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Examples:\n {2}sealane /);
  expect(stdout).toContain("Usage: sealane");
  expect(stdout).toContain("--timeout <duration>");
  expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
});

test("sealane alone shows its help", async () => {
  const { code, stdout } = await invoke([]);
  expect(code).toBe(0);
  expect(stdout).toContain("Usage: sealane VERB");
});

test.each([
  { argv: ["stat"], err: "next: sealane status" },
  { argv: ["get"], err: "must: it must be one of clusters, services, routes, names, ranges" },
  { argv: ["get", "clustrs"], err: '"clustrs" is no resource' },
  { argv: ["get", "routes"], err: "next: sealane get clusters" },
  { argv: ["get", "clusters", "-n", "shop"], err: "Unknown option '-n'" },
  { argv: ["explain", "import", "web", "--in", "b"], err: 'Cannot take "web" as a service' },
  { argv: ["explain", "import", "shop/web"], err: "'--in <cluster>' not specified" },
  { argv: ["explain", "overlap"], err: "it may be RangeOverlap" },
  { argv: ["token"], err: "it must be create, list or revoke" },
  { argv: ["token", "create"], err: "CLUSTER" },
  { argv: ["status", "-o", "xml"], err: "Allowed choices are table, wide, json, yaml, name" },
  { argv: ["status", "--timeout", "3"], err: 'Cannot wait for "3"' },
  { argv: ["status"], err: "must: --config, SEALANE_CONFIG or ~/.config/sealane/config.yaml" },
])("sealane $argv is a usage error that says what is allowed", async ({ argv, err }) => {
  expect(await invoke(argv)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(err) });
});

test("a reason is explained without a hub, in any case of letters", async () => {
  const { code, stdout } = await invoke(["explain", "rangeoverlap", "-o", "json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ kind: "ReasonList", items: [{ name: "RangeOverlap" }] });
});

test("the client's version needs no hub", async () => {
  expect(await invoke(["version", "--client", "-o", "name"])).toEqual({
    code: 0,
    stdout: "version/client/0.1.0\n",
    stderr: "",
  });
});
