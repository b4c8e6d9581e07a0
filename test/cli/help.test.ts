// What the help shows and what a mistyped command is told: no hub is needed for either.

import type { Command } from "commander";
import { expect, test } from "vitest";
import { build } from "../../services/cli/src/program.ts";
import { invoke } from "./invoke.ts";

/** Every command of the tree by its words; the program itself first. */
function commandPaths(command: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  return [path, ...command.commands.flatMap((child) => commandPaths(child, [...path, child.name()]))];
}

const io = {
  stdout: { write: () => undefined, colour: false },
  stderr: { write: () => undefined, colour: false },
  env: {},
  home: "",
  now: () => 0,
  signal: new AbortController().signal,
};
const verbs = commandPaths(build({ io, exitCode: 0 })).map((verb) => ({ verb }));

test("the walk over the tree finds verbs and what is below them", () => {
  expect(verbs.map(({ verb }) => verb.join(" "))).toEqual(
    expect.arrayContaining([
      "",
      "status",
      "get events",
      "plan join",
      "logs level",
      "watch routes",
      "token revoke",
    ]),
  );
});

test.each(verbs)(
  "the help of sealane $verb leads with examples of itself and names the shared flags",
  async ({ verb }) => {
    const { code, stdout, stderr } = await invoke([...verb, "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [, examples = ""] = /^Examples:\n((?: {2}.*\n)+)/.exec(stdout) ?? [];
    expect(examples).toContain(["sealane", ...verb].join(" "));
    expect(stdout).toContain("Usage: sealane");
    expect(stdout).toContain("--timeout <duration>");
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  },
);

test("sealane alone shows its help", async () => {
  const { code, stdout } = await invoke([]);
  expect(code).toBe(0);
  expect(stdout).toContain("Usage: sealane VERB");
});

test.each([
  { argv: ["stat"], err: "next: sealane status" },
  { argv: ["get"], err: "must: it must be one of clusters, services, routes, names, ranges, events" },
  { argv: ["get", "clustrs"], err: '"clustrs" is no resource' },
  { argv: ["get", "routes"], err: "next: sealane get clusters" },
  { argv: ["get", "clusters", "-n", "shop"], err: "Unknown option '-n'" },
  { argv: ["explain", "import", "web", "--in", "b"], err: 'Cannot take "web" as a service' },
  { argv: ["explain", "import", "shop/web"], err: "'--in <cluster>' not specified" },
  { argv: ["get", "events", "--since", "soon"], err: 'Cannot look back "soon"' },
  { argv: ["describe"], err: "it must be cluster or service" },
  { argv: ["describe", "service", "web"], err: 'Cannot take "web" as a service' },
  { argv: ["watch", "names"], err: "it must be one of clusters, services, routes, events" },
  { argv: ["watch", "routes"], err: "next: sealane get clusters" },
  { argv: ["plan", "join"], err: "at least one of --pod-range, --service-range, --node-range" },
  { argv: ["plan", "join", "--pod-range", "10.1.2.3/16"], err: 'write "10.1.0.0/16"' },
  { argv: ["plan", "leave"], err: "it must be join" },
  { argv: ["logs", "level", "loud"], err: "Allowed choices are debug, info, warn, error" },
  { argv: ["logs", "level", "--component", "agent"], err: "Allowed choices are hub" },
  { argv: ["completion", "tcsh"], err: "Allowed choices are bash, zsh, fish" },
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
