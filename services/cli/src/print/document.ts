// The versioned documents of `-o json` and `-o yaml`, and the choice between them and tables.

import type { Column, TableOptions } from "./table.ts";
import { renderTable } from "./table.ts";

/** Version of every document that is printed. Fields are added; none changes its meaning within a version. */
export const apiVersion = "sealane.dev/v1alpha1";

/** What `-o` takes. */
export const formats = ["table", "wide", "json", "yaml", "name"] as const;
export type Format = (typeof formats)[number];

/** A kind of thing: what it is called and how it is shown. */
export interface Kind<T> {
  /** Singular, as in `cluster/a`. */
  readonly word: string;
  /** Of the document, as in `ClusterList`. */
  readonly document: string;
  /** The identity, as filters and `-o name` spell it. */
  readonly name: (item: T) => string;
  readonly columns: readonly Column<T>[];
}

/** Things of one kind, with what else their document says at its top. */
export interface Listing<T> {
  readonly kind: Kind<T>;
  readonly items: readonly T[];
  readonly head?: Readonly<Record<string, unknown>>;
}

/** A listing in a format; each line ended. An empty table is an empty text: whoever prints says so elsewhere. */
export async function renderListing<T>(
  listing: Listing<T>,
  format: Format,
  options: Omit<TableOptions, "format">,
): Promise<string> {
  const { kind, items, head } = listing;
  switch (format) {
    case "json":
    case "yaml":
      return renderDocument({ kind: kind.document, ...head, items }, format);
    case "name":
      return items.map((item) => `${kind.word}/${kind.name(item)}\n`).join("");
    case "table":
    case "wide":
      return items.length === 0 ? "" : renderTable(kind.columns, items, { ...options, format });
  }
}

/** Any document with its version, as text. */
export async function renderDocument(
  body: Readonly<Record<string, unknown>>,
  format: "json" | "yaml",
): Promise<string> {
  const document = { apiVersion, ...body };
  if (format === "json") return `${JSON.stringify(document, undefined, 2)}\n`;
  const { stringify } = await import("yaml");
  // Readers of YAML 1.1 take a bare no for false, so such words are quoted.
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false, compat: "yaml-1.1" });
}
