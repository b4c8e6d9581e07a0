// Prints errors: for a person with the key line last, for a program as a versioned document.

import type { CliError } from "../error.ts";
import type { Format } from "./document.ts";
import { renderDocument } from "./document.ts";
import { paint } from "./table.ts";

/** The error's text, each line ended. */
export async function renderError(error: CliError, format: Format, colour: boolean): Promise<string> {
  const { reason, object, message, must, next } = error.parts;
  if (format === "json" || format === "yaml") {
    return renderDocument(
      { kind: "Error", items: [{ reason, object, message, must, next, exitCode: error.exitCode }] },
      format,
    );
  }
  const lines = [
    must === "" ? "" : `  must: ${must}\n`,
    next === "" ? "" : `  next: ${next}\n`,
    `${paint("error:", "bad", colour)} ${message} (${reason})\n`,
  ];
  return lines.join("");
}
