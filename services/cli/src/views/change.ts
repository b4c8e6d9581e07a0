// A change of something that is watched, in every format: a line of a table that grows, or one document each.

import type { Format, Kind } from "../print/document.ts";
import { apiVersion, renderDocument } from "../print/document.ts";
import type { TableOptions } from "../print/table.ts";
import { tableWriter } from "../print/table.ts";

/** What a change is: how it was when watching began, new, different, or no longer there. */
export type ChangeWord = "current" | "added" | "changed" | "gone";

/** One change of one thing; of what is gone, as it last was. */
export interface Change<T> {
  readonly change: ChangeWord;
  /** RFC 3339, when this program was told. */
  readonly at: string;
  readonly item: T;
}

/** Something about the watching itself that a program must know of. */
export interface Mark {
  /** `synced`: all that was so has been shown. `missed`: the hub forgot events before they could be sent. */
  readonly mark: "synced" | "disconnected" | "reconnected" | "missed";
  readonly at: string;
  readonly message: string;
}

/** Renders changes as they come. Marks are for programs: as a table they are an empty text, and are said on stderr. */
export interface ChangePrinter<T> {
  readonly changes: (changes: readonly Change<T>[], options: Omit<TableOptions, "format">) => Promise<string>;
  readonly mark: (mark: Mark) => Promise<string>;
}

const tones = { current: "plain", added: "good", changed: "unsure", gone: "bad" } as const;

/** A printer that gives a table's titles once. */
export function changePrinter<T>(kind: Kind<T>, format: Format): ChangePrinter<T> {
  const write = tableWriter<Change<T>>(
    [
      { title: "TIME", cell: (it) => it.at.slice(11, 19) },
      { title: "CHANGE", cell: (it) => it.change, tone: (it) => tones[it.change] },
      ...kind.columns.map(({ title, cell, tone, wide, wrap }) => ({
        title,
        cell: (it: Change<T>, options: TableOptions) => cell(it.item, options),
        ...(tone === undefined ? {} : { tone: (it: Change<T>) => tone(it.item) }),
        ...(wide === undefined ? {} : { wide }),
        ...(wrap === undefined ? {} : { wrap }),
      })),
    ],
    format === "wide" ? "wide" : "table",
  );
  const word = kind.word;
  return {
    changes: async (changes, options) => {
      if (format === "name") return changes.map(({ item }) => `${word}/${kind.name(item)}\n`).join("");
      if (format === "table" || format === "wide") return changes.length === 0 ? "" : write(changes, options);
      const texts = changes.map((it) => oneDocument({ kind: "Change", of: word, ...it }, format));
      return (await Promise.all(texts)).join("");
    },
    mark: async (mark) =>
      format === "json" || format === "yaml" ? oneDocument({ kind: "Mark", of: word, ...mark }, format) : "",
  };
}

/** One object on one line, or one YAML document with its separator. */
async function oneDocument(
  body: Readonly<Record<string, unknown>>,
  format: "json" | "yaml",
): Promise<string> {
  if (format === "json") return `${JSON.stringify({ apiVersion, ...body })}\n`;
  return `---\n${await renderDocument(body, "yaml")}`;
}
