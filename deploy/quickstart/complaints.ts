// What the processes' logs warn of: lines of JSON of which those from "warn" on are for a person to read.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Level of pino from which on a line is a complaint. */
const warnLevel = 40;
const readBytesMax = 256 * 1024;

/** The complaints of one log in their order, each once, at its last place. Nothing when there is no log yet. */
export function complaintsOf(path: string): readonly string[] {
  const found = linesOf(path).flatMap((line) => complaintOf(line) ?? []);
  return [...new Set(found.toReversed())].toReversed();
}

/** The last thing that a process said of its trouble: its last complaint, else what it died of; empty when nothing. */
export function lastWords(path: string): string {
  const lines = linesOf(path);
  return (
    complaintsOf(path).at(-1) ?? lines.findLast((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? ""
  );
}

/** The lines at the end of a file, as many as fit into the bound. */
function linesOf(path: string): readonly string[] {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, readBytesMax));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes
      .toString()
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    return [];
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** What a line of pino complains of; undefined for anything else. */
function complaintOf(line: string): string | undefined {
  try {
    const { level = 0, msg = "", err } = JSON.parse(line) as Partial<Complaint>;
    if (level < warnLevel) return undefined;
    const cause = err?.message ?? "";
    if (cause === "" || msg.includes(cause)) return msg;
    return msg === "" ? cause : `${msg}: ${cause}`;
  } catch {
    return undefined;
  }
}

interface Complaint {
  readonly level: number;
  readonly msg: string;
  readonly err: { readonly message: string };
}
