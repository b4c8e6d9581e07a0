// Holds services/core pure: no clock, no randomness, no I/O, no import from outside. Most of it is done by
// core's own tsconfig, which has no types of Node; what still compiles there is searched for here.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isTest, read, root, sourceFiles } from "./files.ts";
import { codeOnly, importsOf } from "./import-scan.ts";

const core = sourceFiles().filter((path) => path.startsWith("services/core/") && !isTest(path));

const impure: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["Date", /\bDate\b/],
  ["Math.random", /\bMath\s*(?:\?\.|\.)\s*random\b|\bMath\s*\[/],
  ["Intl", /\bIntl\b|\.toLocale[A-Z]\w*\(|\.localeCompare\(/],
  ["globalThis", /\bglobalThis\b/],
  ["async", /\basync\b|\bawait\b|\bPromise\b/],
  ["WeakRef", /\bWeakRef\b|\bFinalizationRegistry\b/],
  ["eval", /\beval\s*\(|\bnew\s+Function\b/],
];

test("core uses no clock, no randomness, no locale and nothing asynchronous", () => {
  expect(core.length).toBeGreaterThan(0);
  expect(core.flatMap((path) => impurities(path, read(path)))).toEqual([]);
});

test("core imports nothing but its own files", () => {
  const outside = core
    .flatMap((path) => importsOf(path, read(path)))
    .filter((it) => !it.target.startsWith("services/core/"));
  expect(outside.map((it) => `${it.from} imports ${it.specifier}`)).toEqual([]);
});

test("core's package has no dependencies", () => {
  const manifest = JSON.parse(read("services/core/package.json")) as Record<string, unknown>;
  expect(manifest["dependencies"]).toEqual({});
  expect(Object.keys(manifest).filter((key) => /^(?:dev|peer|optional)Dependencies$/.test(key))).toEqual([]);
});

test("core compiles with the language's library alone", () => {
  expect(compile(join(root, "services/core/tsconfig.json"))).toEqual({ status: 0, output: "" });
});

test.each([
  "console.log(1)",
  "setTimeout(() => 1, 1)",
  "process.exit()",
  'fetch("x")',
  "crypto.randomUUID()",
])("core's tsconfig refuses %s", (statement) => {
  const folder = mkdtempSync(join(tmpdir(), "sealane-purity-"));
  try {
    writeFileSync(join(folder, "impure.ts"), `${statement};\nexport {};\n`);
    const config = { extends: join(root, "services/core/tsconfig.json"), include: ["impure.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const { status, output } = compile(join(folder, "tsconfig.json"));
    expect(status).not.toBe(0);
    expect(output).toMatch(/TS25(?:84|80|81|91)|TS2304|TS2552/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the search finds what it is for, and not in comments or strings", () => {
  const text = 'const a = Date.now();\n// Date\nconst b = "Date";\nconst c = Math . random();\nawait a;';
  expect(impurities("x.ts", text)).toEqual(["x.ts:1: Date", "x.ts:4: Math.random", "x.ts:5: async"]);
});

function impurities(path: string, text: string): readonly string[] {
  return codeOnly(text)
    .split("\n")
    .flatMap((line, index) =>
      impure.filter(([, pattern]) => pattern.test(line)).map(([what]) => `${path}:${index + 1}: ${what}`),
    );
}

function compile(tsconfig: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    join(root, "node_modules/.bin/tsc"),
    ["--noEmit", "-p", tsconfig],
    {
      encoding: "utf8",
      timeout: 60_000,
    },
  );
  return { status, output: stdout + stderr };
}
