// Layout of tables: what is cut, what is wrapped, what never is.

import { expect, test } from "vitest";
import type { Column, TableOptions } from "./table.ts";
import { list, paint, renderTable, tableColumnsMax, tableWriter } from "./table.ts";

interface Row {
  readonly name: string;
  readonly text: string;
}

const options: TableOptions = { format: "table", colour: false, now: 0 };
const columns: readonly Column<Row>[] = [
  { title: "NAME", cell: (it) => it.name },
  { title: "TEXT", cell: (it) => it.text },
  { title: "AGE", cell: () => "1s" },
];

test("long cells are cut with an ellipsis, the name only when the others have nothing more to give", () => {
  const row = { name: "n".repeat(70), text: "t".repeat(60) };
  const [, line = ""] = renderTable(columns, [row], options).split("\n");
  expect(line.length).toBeLessThanOrEqual(tableColumnsMax);
  expect(line).toMatch(/^n{70} {2}t+… {2}1s$/);
});

test("the name is cut last, and so much that the table fits", () => {
  const row = { name: "n".repeat(253), text: "t".repeat(60) };
  const [titles = "", line = ""] = renderTable(columns, [row], options).split("\n");
  expect(titles.length).toBe(tableColumnsMax);
  expect(line).toMatch(/^n{84}… {2}ttttttt… {2}1s$/);
});

test("a table that grows has its titles once, and columns that fit what came", () => {
  const write = tableWriter(columns, "table");
  expect(write([{ name: "x", text: "one" }], options)).toBe("NAME  TEXT  AGE\nx     one   1s\n");
  expect(write([{ name: "longer", text: "two" }], options)).toBe("longer  two   1s\n");
  expect(write([{ name: "y", text: "three" }], options)).toBe("y       three  1s\n");
});

test("a word that is wider than its wrapped column is broken in the table, and whole when wide", () => {
  const wrapped: readonly Column<Row>[] = [{ title: "TEXT", cell: (it) => it.text, wrap: true }];
  const row = { name: "", text: "w".repeat(150) };
  const lines = renderTable(wrapped, [row], options).trimEnd().split("\n");
  expect(lines.map((line) => line.length)).toEqual([4, 100, 50]);
  expect(renderTable(wrapped, [row], { ...options, format: "wide" })).toContain(row.text);
});

test("wide cuts nothing", () => {
  const row = { name: "n".repeat(70), text: "t".repeat(60) };
  expect(renderTable(columns, [row], { ...options, format: "wide" })).toContain("t".repeat(60));
});

test("a wrapped column goes on below and loses no word", () => {
  const wrapped: readonly Column<Row>[] = [
    { title: "NAME", cell: (it) => it.name },
    { title: "TEXT", cell: (it) => it.text, wrap: true },
  ];
  const words = Array.from({ length: 60 }, (_, index) => `word${index}`);
  const lines = renderTable(wrapped, [{ name: "x", text: words.join(" ") }], options)
    .trimEnd()
    .split("\n");
  expect(lines.every((line) => line.length <= tableColumnsMax)).toBe(true);
  expect(lines.slice(1).flatMap((line) => line.slice(6).split(" "))).toEqual(words);
});

test("an empty cell shows as a dash", () => {
  expect(renderTable(columns, [{ name: "x", text: "" }], options)).toBe("NAME  TEXT  AGE\nx     -     1s\n");
});

test("the dash of an empty cell has no tone: nothing there is not bad", () => {
  const toned: readonly Column<Row>[] = [{ title: "TEXT", cell: (it) => it.text, tone: () => "bad" }];
  const rows = [
    { name: "", text: "" },
    { name: "", text: "lost" },
  ];
  expect(renderTable(toned, rows, { ...options, colour: true })).toBe("TEXT\n-\n\u001b[31mlost\u001b[39m\n");
});

test("a list names how many more there are", () => {
  expect(list(["a", "b", "c"], options)).toBe("a,b,c");
  expect(list(["a", "b", "c", "d"], options)).toBe("a,b+2");
  expect(list(["a", "b", "c", "d"], { ...options, format: "wide" })).toBe("a,b,c,d");
});

test("paint leaves text alone without colour", () => {
  expect(paint("no ", "bad", false)).toBe("no ");
  expect(paint("no ", "bad", true)).toBe("\u001b[31mno\u001b[39m ");
});
