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

/** A cell is not cut below this, nor below its title. */
const cellColumnsMin = 8;
/** A wrapped cell is not made narrower than this. */
const wrappedColumnsMin = 24;
const gap = "  ";
const colours = { good: "green", bad: "red", unsure: "yellow" } as const;

/** The table with its titles, each line ended. */
export function renderTable<T>(
  columns: readonly Column<T>[],
  items: readonly T[],
  options: TableOptions,
): string {
  return tableWriter(columns, options.format)(items, options);
}

/** A table that grows: its titles come once, and columns grow with what comes. Gives the added lines. */
export function tableWriter<T>(
  columns: readonly Column<T>[],
  format: TableOptions["format"],
): (items: readonly T[], options: Omit<TableOptions, "format">) => string {
  const shown = columns.filter((column) => format === "wide" || column.wide !== true);
  const titles = shown.map(({ title }) => title);
  let needed = titles.map((title) => title.length);
  let titled = false;
  return (items, rest) => {
    const options = { ...rest, format };
    const cells = items.map((item) => shown.map((column) => column.cell(item, options) || "-"));
    needed = needed.map((width, index) => Math.max(width, ...cells.map((row) => row[index]?.length ?? 0)));
    const widths = fit(shown, needed, format);
    const lines = cells.flatMap((row, index) => rowLines(shown, widths, row, items[index] as T, options));
    if (!titled) lines.unshift(widths.map((width, index) => (titles[index] ?? "").padEnd(width)));
    titled = true;
    return lines.map((line) => `${line.join(gap).trimEnd()}\n`).join("");
  };
}

/** The lines of one row: more than one where a cell is wrapped. */
function rowLines<T>(
  shown: readonly Column<T>[],
  widths: readonly number[],
  row: readonly string[],
  item: T,
  { colour, format }: TableOptions,
): string[][] {
  const parts = row.map((text, index) => {
    const width = widths[index] ?? 0;
    return shown[index]?.wrap === true ? wrap(text, width, format) : [cut(text, width)];
  });
  const height = Math.max(...parts.map((part) => part.length));
  return Array.from({ length: height }, (_, line) =>
    parts.map((part, index) => {
      const text = (part[line] ?? "").padEnd(widths[index] ?? 0);
      const tone = row[index] === "-" ? "plain" : (shown[index]?.tone?.(item) ?? "plain");
      return paint(text, tone, colour);
    }),
  );
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

/** The width of each column: what it needs, less what the widest have to give up. The first gives up last. */
function fit<T>(
  columns: readonly Column<T>[],
  needed: readonly number[],
  format: "table" | "wide",
): readonly number[] {
  const widths = [...needed];
  const last = columns.length - 1;
  const least = columns.map(({ title, wrap }) =>
    wrap === true ? wrappedColumnsMin : Math.max(cellColumnsMin, title.length),
  );
  const over = () => widths.reduce((sum, width) => sum + width, 0) + gap.length * last - tableColumnsMax;
  const narrow = (index: number, by: number) => {
    const width = widths[index] ?? 0;
    widths[index] = Math.max(Math.min(width, least[index] ?? 0), width - by);
  };
  if (columns[last]?.wrap === true) narrow(last, over());
  if (format === "wide") return widths;
  while (over() > 0) {
    const able = widths.flatMap((width, index) => (index > 0 && width > (least[index] ?? 0) ? [width] : []));
    if (able.length === 0) break;
    const widest = Math.max(...able);
    narrow(
      widths.findLastIndex((width, index) => index > 0 && width === widest && width > (least[index] ?? 0)),
      1,
    );
  }
  if (over() > 0) narrow(0, over());
  return widths;
}

/** Lines of at most `width`; a longer word is broken in the table, and whole when wide, so that it can be copied. */
function wrap(text: string, width: number, format: "table" | "wide"): readonly string[] {
  const longest = format === "table" ? width : Number.POSITIVE_INFINITY;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
    while (line.length > longest) {
      lines.push(line.slice(0, longest));
      line = line.slice(longest);
    }
  }
  return [...lines, line];
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
