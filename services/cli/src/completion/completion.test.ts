// Completion scripts: against files, through each shell's own parser where the shell is here, and in a real bash.

import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { exitCodes } from "../exit.ts";
import type { Io } from "../io.ts";
import { build } from "../program.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { allFlags, nameLists, namedBy, placesOf } from "./places.ts";
import { zshCompletion } from "./zsh.ts";

const silent = { write: () => undefined, colour: false };
const io: Io = {
  stdout: silent,
  stderr: silent,
  env: {},
  home: "",
  now: () => 0,
  signal: new AbortController().signal,
};
const program = build({ io, exitCode: exitCodes.yes });
const places = placesOf(program);
const scripts = {
  bash: bashCompletion(places),
  zsh: zshCompletion(places),
  fish: fishCompletion(places),
};
const shells = (["bash", "zsh", "fish"] as const).filter(
  (shell) => spawnSync(shell, ["-c", "true"]).status === 0,
);

test("every shell that is here takes its script", () => {
  expect(shells).toContain("bash");
  for (const shell of shells) {
    const { status, stderr } = spawnSync(shell, ["-n"], { input: scripts[shell], encoding: "utf8" });
    expect({ shell, status, stderr }).toEqual({ shell, status: 0, stderr: "" });
  }
});

test("every script has every verb, every resource and every flag", () => {
  const words = places.flatMap((place) => place.words.map(({ word }) => word));
  expect(words).toEqual(
    expect.arrayContaining(["status", "describe", "clusters", "debug", "zsh", "RangeOverlap"]),
  );
  for (const text of Object.values(scripts)) {
    for (const word of words) expect(text).toContain(word);
    for (const { spellings } of allFlags(places)) {
      const long = spellings.filter((it) => it.startsWith("--")).map((it) => it.slice(2));
      for (const flag of long) expect(text).toMatch(new RegExp(`(?:--|-l )${flag}\\b`));
    }
  }
});

test("a flag means one thing everywhere", () => {
  const meanings = new Map<string, Set<string>>();
  for (const { spellings, value } of places.flatMap(({ flags }) => flags)) {
    for (const spelling of spellings) {
      const known = meanings.get(spelling) ?? new Set<string>();
      meanings.set(spelling, known.add(JSON.stringify(value ?? null)));
    }
  }
  expect([...meanings].filter(([, values]) => values.size > 1)).toEqual([]);
});

test("names are asked for of commands that exist, by commands that exist", () => {
  const paths = places.flatMap((place) => place.paths.map((path) => path.trim()));
  expect(Object.keys(namedBy).filter((path) => !paths.includes(path))).toEqual([]);
  expect(Object.values(nameLists).filter((argv) => !paths.includes(argv.join(" ")))).toEqual([]);
});

/** What bash offers after a line, with a `sealane` that answers with names and remembers what it was asked. */
function complete(...words: readonly string[]): {
  readonly offered: readonly string[];
  readonly asked: string;
} {
  const folder = mkdtempSync(join(tmpdir(), "sealane-completion-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const fake = join(folder, "sealane");
  writeFileSync(
    fake,
    `#!/bin/sh\necho "$@" > "${folder}/asked"\nprintf 'service/shop/web\\nservice/pay/api\\n'\n`,
  );
  chmodSync(fake, 0o755);
  const script = `${scripts.bash}
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_sealane
printf '%s\\n' "\${COMPREPLY[@]}"
[ ! -e "${folder}/asked" ] || { printf 'asked:'; cat "${folder}/asked"; }`;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script, "bash", fake, ...words], {
    encoding: "utf8",
  });
  if (status !== 0 || stderr !== "") throw new Error(`bash ended with ${status}: ${stderr}`);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return {
    offered: lines.filter((line) => !line.startsWith("asked:")),
    asked: lines.find((line) => line.startsWith("asked:"))?.slice("asked:".length) ?? "",
  };
}

test.each([
  { words: ["sta"], offered: ["status"] },
  { words: ["get", "ra"], offered: ["ranges"] },
  { words: ["-o", "json", "get", "ra"], offered: ["ranges"] },
  { words: ["get", "routes", "--no"], offered: ["--node"] },
  { words: ["get", "routes", "-o", "ta"], offered: ["table"] },
  { words: ["get", "routes", "--output", "=", "wi"], offered: ["wide"] },
  { words: ["logs", "level", "de"], offered: ["debug"] },
  { words: ["completion", ""], offered: ["bash", "zsh", "fish"] },
  { words: ["explain", "RangeO"], offered: ["RangeOverlap"] },
  { words: ["token", "create", "--ttl", ""], offered: [] },
  { words: ["nonsense", "sta"], offered: ["status"] },
])("bash offers $offered after $words, and asks nobody", ({ words, offered }) => {
  expect(complete(...words)).toEqual({ offered, asked: "" });
});

test("bash asks for names, at the hub that the line names, for at most a second", () => {
  expect(complete("describe", "service", "sh")).toEqual({
    offered: ["shop/web"],
    asked: "get services -o name --timeout 1s",
  });
  expect(complete("--config", "x.yaml", "get", "svc", "")).toEqual({
    offered: ["shop/web", "pay/api"],
    asked: "get services --config x.yaml -o name --timeout 1s",
  });
  expect(complete("explain", "import", "shop/web", "--in", "").asked).toBe(
    "get clusters -o name --timeout 1s",
  );
});
