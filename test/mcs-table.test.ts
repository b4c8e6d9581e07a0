// Holds docs/reference/mcs.md to the code: every item and behaviour has its row, every path is there, every test stands
// in its file and names the row back, and a row without a test says why.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isTest, read, root, sourceFiles } from "./tidy/files.ts";
import { importsOf } from "./tidy/import-scan.ts";

interface NamedTest {
  readonly path: string;
  readonly title: string;
}

interface Row {
  /** `30` of an item, `C19` of a behaviour. */
  readonly id: string;
  readonly cells: readonly string[];
  /** Everything in the row that is a path from the repository's root. */
  readonly paths: readonly string[];
  readonly tests: readonly NamedTest[];
  /** Its last cell. */
  readonly proof: string;
}

const page = read("docs/reference/mcs.md");
const rows = rowsOf(page);
const items = rows.filter(({ id }) => !id.startsWith("C"));
const behaviours = rows.filter(({ id }) => id.startsWith("C"));
const behaviourItems = new Map(behaviours.map(({ id, cells }) => [id, (cells[2] ?? "").split(", ")]));
const suites = suitesThatRun();

test("it has the 62 items and the 27 behaviours, in order", () => {
  expect(items.map(({ id }) => id)).toEqual(numbers(62).map(String));
  expect(behaviours.map(({ id }) => id)).toEqual(numbers(27).map((number) => `C${number}`));
  expect(rows.filter(({ cells }) => cells.length !== 4).map(({ id }) => id)).toEqual([]);
});

test("a behaviour belongs to items that there are", () => {
  const unknown = [...behaviourItems].filter(([, of]) => !of.every((id) => items.some((it) => it.id === id)));
  expect(unknown).toEqual([]);
});

describe.each(rows.map((row) => [row.id, row] as const))("row %s", (_, row) => {
  test("names files and folders that exist", () => {
    expect(row.paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("has tests that run and name it, or says why it has none", () => {
    expect(row.tests.flatMap((named) => faultOf(row.id, named))).toEqual([]);
    const why = /^(?:refused|not ours): \S.{20,}/;
    expect(row.tests.length > 0 || why.test(row.proof), `"${row.proof}"`).toBe(true);
  });
});

test("a row is read with its paths and tests, and a title with all that it names", () => {
  const line =
    '| 7 | a \\| b | `test/x.ts`, `code` | `test/x.test.ts` "one (MCS 7)"<br>`test/y.test.ts` "two" |';
  expect(rowsOf(`${line}\n| item | x | y | z |`)).toEqual([
    {
      id: "7",
      cells: ["7", "a \\| b", "`test/x.ts`, `code`", expect.any(String)],
      paths: ["test/x.ts", "test/x.test.ts", "test/y.test.ts"],
      tests: [
        { path: "test/x.test.ts", title: "one (MCS 7)" },
        { path: "test/y.test.ts", title: "two" },
      ],
      proof: expect.stringContaining("one"),
    },
  ]);
  expect(tagsOf("x (or y) of z (MCS 7, 16-18)(C19, C2)")).toEqual(["7", "16", "17", "18", "C19", "C2"]);
  const code = 'test(\n  "one (MCS 7)",\n  f);\n// "two"\nit.each([["a"]])(`three`, f);\nconst x = "four";';
  expect(["one (MCS 7)", "two", "three", "four"].map((title) => isTitle(code, title))).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

/** What is wrong with a test that a row names. */
function faultOf(id: string, { path, title }: NamedTest): readonly string[] {
  const where = `${path} "${title}"`;
  if (!existsSync(join(root, path))) return [`${where}: no such file`];
  if (!suites.has(path)) return [`${where}: no test runs this file`];
  if (!isTitle(read(path), title)) return [`${where}: no such test`];
  const tags = tagsOf(title);
  const isNamed = tags.some((tag) => tag === id || behaviourItems.get(tag)?.includes(id) === true);
  return isNamed ? [] : [`${where}: its title does not name ${id}`];
}

function rowsOf(text: string): readonly Row[] {
  return text.split("\n").flatMap((line) => {
    if (!/^\| C?\d+ \|/.test(line)) return [];
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [id = ""] = cells;
    const proof = cells.at(-1) ?? "";
    const paths = [...line.matchAll(/`((?:agents|deploy|docs|proto|services|test)\/[^`\s]*)`/g)];
    const tests = [...proof.matchAll(/`([^`\s]+\.ts)` "((?:[^"\\]|\\.)+)"/g)];
    return {
      id,
      cells,
      paths: paths.map(([, path = ""]) => path),
      tests: tests.map(([, path = "", title = ""]) => ({ path, title })),
      proof,
    };
  });
}

/** Items and behaviours that a title names: `… (MCS 30, 31)`, `… (C19)`. */
function tagsOf(title: string): readonly string[] {
  const lists = [...title.matchAll(/\((MCS \d[^)]*|C\d[^)]*)\)/g)].map(([, list = ""]) => list);
  return lists.flatMap((list) =>
    [...list.matchAll(/(C?)(\d+)(?:-(\d+))?/g)].flatMap(([, letter = "", first, last]) =>
      numbers(Number(last ?? first), Number(first)).map((number) => `${letter}${number}`),
    ),
  );
}

/** Whether the code calls something with the title first, as tests are told. */
function isTitle(code: string, title: string): boolean {
  const quoted = [`"${title}"`, `'${title}'`, `\`${title}\``];
  return quoted.some((text) =>
    code
      .split(text)
      .slice(0, -1)
      .some((before) => before.trimEnd().endsWith("(")),
  );
}

/** Test files, and the suites that they run: a title elsewhere is no test. */
function suitesThatRun(): ReadonlySet<string> {
  const files = sourceFiles().filter((path) => path.endsWith(".test.ts"));
  const imported = files.flatMap((path) => importsOf(path, read(path)).map(({ target }) => target));
  return new Set([...files, ...imported.filter(isTest)]);
}

function numbers(last: number, first = 1): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
