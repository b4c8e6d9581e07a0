// A description for a person: facts line by line, then one table after the other, each under its title.

import type { Column, TableOptions } from "./table.ts";
import { renderTable, tableColumnsMax } from "./table.ts";

/** Rows of a section's table that are shown; the rest is counted. Wide shows all. */
const rowsMax = 20;

/** One fact. */
export type Fact = readonly [name: string, value: string];

/** A titled table; one without rows says so. */
export interface Section {
  readonly title: string;
  readonly render: (options: TableOptions) => string;
}

/** A section of things. `more` is the command that shows all of them. */
export function section<T>(
  title: string,
  columns: readonly Column<T>[],
  items: readonly T[],
  more: string,
): Section {
  return {
    title,
    render: (options) => {
      if (items.length === 0) return "none\n";
      const shown = options.format === "wide" ? items : items.slice(0, rowsMax);
      const rest = items.length - shown.length;
      return renderTable(columns, shown, options) + (rest === 0 ? "" : `and ${rest} more: ${more}\n`);
    },
  };
}

/** The whole description. */
export function renderDescription(
  facts: readonly Fact[],
  sections: readonly Section[],
  options: TableOptions,
): string {
  const width = Math.max(...facts.map(([name]) => name.length)) + 3;
  const lines = facts.map(([name, value]) => factLines(`${name}:`.padEnd(width), value || "-"));
  const tables = sections.map(({ title, render }) => `\n${title}:\n${render(options)}`);
  return lines.join("") + tables.join("");
}

/** A fact whose value goes on below its beginning where it is long. */
function factLines(name: string, value: string): string {
  const room = tableColumnsMax - name.length;
  const lines = [""];
  for (const word of value.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line, index) => `${index === 0 ? name : " ".repeat(name.length)}${line}\n`).join("");
}
