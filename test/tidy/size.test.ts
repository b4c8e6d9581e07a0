// Holds files and functions small. Function length is measured by oxlint's parser, not by ours.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isTest, read, root, sourceFiles, textFiles } from "./files.ts";

const fileLinesMax = 350;
const functionLinesMax = 70;

test(`no file is longer than ${fileLinesMax} lines`, () => {
  const files = textFiles().filter((path) => /\.(?:ts|js|sh|proto)$/.test(path));
  const long = files
    .map((path) => [path, lineCount(read(path))] as const)
    .filter(([, lines]) => lines > fileLinesMax);
  expect(long).toEqual([]);
});

test(`no function outside tests is longer than ${functionLinesMax} lines`, () => {
  expect(longFunctions(sourceFiles().filter((path) => !isSuite(path)))).toEqual([]);
});

test("every source file opens with what it owns", () => {
  const silent = sourceFiles().filter(
    (path) => path.includes("/") && !isTest(path) && !/^(?:#!.*\n)?(?:\/\/|\/\*)/.test(read(path)),
  );
  expect(silent).toEqual([]);
});

test("the measure finds a long function", () => {
  const folder = mkdtempSync(join(tmpdir(), "sealane-size-"));
  try {
    const path = join(folder, "long.ts");
    const body = "  console.log(1);\n".repeat(functionLinesMax - 1);
    writeFileSync(path, `export function fits() {\n${body.slice(18)}}\nexport function long() {\n${body}}\n`);
    expect(longFunctions([path])).toEqual([expect.stringMatching(/long\.ts:71: .*too many lines \(71\)/)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

interface Diagnostic {
  readonly message: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

function longFunctions(paths: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "sealane-size-"));
  try {
    const config = join(folder, "size.json");
    const rule = [
      "error",
      { max: functionLinesMax, skipBlankLines: false, skipComments: false, IIFEs: true },
    ];
    writeFileSync(
      config,
      JSON.stringify({ categories: { correctness: "off" }, rules: { "max-lines-per-function": rule } }),
    );
    const argv = ["-c", config, "--format", "json", ...paths];
    const { stdout, stderr } = spawnSync(join(root, "node_modules/.bin/oxlint"), argv, {
      cwd: root,
      encoding: "utf8",
      timeout: 60_000,
      maxBuffer: 16 * 1024 * 1024,
    });
    const diagnostics = parse(stdout, stderr);
    return diagnostics.map((it) => `${it.filename}:${it.labels[0]?.span.line ?? 0}: ${it.message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parse(stdout: string, stderr: string): readonly Diagnostic[] {
  try {
    return (JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] }).diagnostics;
  } catch (cause) {
    throw new Error(`Cannot read oxlint's answer "${stdout.slice(0, 200)}": ${stderr.slice(0, 400)}`, {
      cause,
    });
  }
}

/** Tests, what they share, and suites. The programs of the test workspace are held like any other. */
function isSuite(path: string): boolean {
  return (isTest(path) && !path.startsWith("test/")) || /from "vitest"/.test(read(path));
}

function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}
