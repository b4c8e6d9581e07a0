// Lays rows out as a table of at most 100 columns. It knows nothing of what the rows are about.

import { styleText } from "node:util";

/** How a cell feels, shown as colour where there is any. */
export type Tone = "good" | "bad" | "unsure" | "plain";

/** A column of a table of `T`. */
export interface Column<T> {
  /** In capitals, without spaces. */
  readonly title: string;
  /** The cell's text; empty shows as `-`. */
  readonly cell: (item: T, options: TableOptions) => string;
  readonly tone?: (item: T) => Tone;
  /** Only in the wide table. */
  readonly wide?: true;
  /** The last column only: longer text goes on below, and is never cut. */
  readonly wrap?: true;
}

/** How to lay out. */
export interface TableOptions {
  /** `table` is kept within 100 columns by cutting long cells with an ellipsis; `wide` cuts nothing. */
  readonly format: "table" | "wide";
  readonly colour: boolean;
  /** Unix milliseconds. */
  readonly now: number;
}

/** Columns of text that a table may take. */
export const tableColumnsMax = 100;

/** A cell is not cut below this. */
const cellColumnsMin = 8;
const gap = "  ";
const colours = { good: "green", bad: "red", unsure: "yellow" } as const;

/** The table with its titles, each line ended. */
export function renderTable<T>(
  columns: readonly Column<T>[],
  items: readonly T[],
  options: TableOptions,
): string {
  const shown = columns.filter((column) => options.format === "wide" || column.wide !== true);
  const cells = items.map((item) => shown.map((column) => column.cell(item, options) || "-"));
  const widths = fit(shown, [shown.map(({ title }) => title), ...cells], options.format);
  const lines = [shown.map(({ title }, index) => cut(title, widths[index] ?? 0).padEnd(widths[index] ?? 0))];
  cells.forEach((row, rowIndex) => {
    const parts = row.map((text, index) => split(text, widths[index] ?? 0, shown[index]?.wrap === true));
    const height = Math.max(...parts.map((part) => part.length));
    for (let line = 0; line < height; line++) {
      lines.push(
        parts.map((part, index) => {
          const text = (part[line] ?? "").padEnd(widths[index] ?? 0);
          return paint(text, shown[index]?.tone?.(items[rowIndex] as T) ?? "plain", options.colour);
        }),
      );
    }
  });
  return lines.map((line) => `${line.join(gap).trimEnd()}\n`).join("");
}

/** Text in a tone's colour; trailing blanks stay outside it. */
export function paint(text: string, tone: Tone, colour: boolean): string {
  if (!colour || tone === "plain" || text.trim() === "") return text;
  const word = text.trimEnd();
  return styleText(colours[tone], word, { validateStream: false }) + text.slice(word.length);
}

/** A list in one cell: all of it when wide, else the first two and how many more there are. */
export function list(items: readonly string[], { format }: TableOptions): string {
  const all = format === "wide" || items.length <= 3;
  return all ? items.join(",") : `${items.slice(0, 2).join(",")}+${items.length - 2}`;
}

/** The width of each column: what it needs, less what the widest have to give up. The first gives up nothing. */
function fit<T>(
  columns: readonly Column<T>[],
  rows: readonly (readonly string[])[],
  format: "table" | "wide",
): number[] {
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const last = columns.length - 1;
  const total = () => widths.reduce((sum, width) => sum + width, 0) + gap.length * last;
  if (columns[last]?.wrap === true) {
    const room = tableColumnsMax - (total() - (widths[last] ?? 0));
    widths[last] = Math.min(widths[last] ?? 0, Math.max(room, 3 * cellColumnsMin));
  }
  if (format === "wide") return widths;
  while (total() > tableColumnsMax) {
    const widest = Math.max(...widths.slice(1));
    if (widest <= cellColumnsMin) break;
    const index = widths.lastIndexOf(widest);
    widths[index === 0 ? widths.indexOf(widest, 1) : index] = widest - 1;
  }
  return widths;
}

function split(text: string, width: number, wrap: boolean): readonly string[] {
  if (!wrap) return [cut(text, width)];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
