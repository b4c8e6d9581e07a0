// What every verb uses: the invocation, the flags that all share, and the one way to print an answer.

import type { Hub } from "../connect/hub.ts";
import { openHub } from "../connect/hub.ts";
import { parseDuration } from "../duration.ts";
import { usageError } from "../error.ts";
import { exitCodes } from "../exit.ts";
import type { Answer, ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Format, Listing } from "../print/document.ts";
import { renderListing } from "../print/document.ts";

/** One run of the program; a verb sets its exit code. */
export interface Invocation {
  readonly io: Io;
  exitCode: ExitCode;
}

/** The flags that every verb takes. */
export interface GlobalFlags {
  readonly output: Format;
  readonly config?: string;
  readonly hub?: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Opens the hub of the flags, gives it to `use`, and closes it whatever happens. */
export async function withHub<T>(flags: GlobalFlags, io: Io, use: (hub: Hub) => Promise<T>): Promise<T> {
  const { config, hub: address, timeout } = flags;
  const named = {
    ...(config === undefined ? {} : { config }),
    ...(address === undefined ? {} : { hub: address }),
  };
  const hub = await openHub({ ...named, timeoutMs: timeout }, io);
  try {
    return await use(hub);
  } finally {
    hub.close();
  }
}

/** Prints a listing; an empty table says so on stderr and is valid all the same. */
export async function print<T>(listing: Listing<T>, format: Format, io: Io): Promise<void> {
  const text = await renderListing(listing, format, { colour: io.stdout.colour, now: io.now() });
  if (text !== "") io.stdout.write(text);
  if (listing.items.length === 0 && (format === "table" || format === "wide")) {
    io.stderr.write(`No ${listing.kind.word}s found.\n`);
  }
}

/** The exit code of an answer. */
export function exitCodeOf(answer: Answer): ExitCode {
  return exitCodes[answer];
}

/** Examples for the head of a verb's help. */
export function examples(...lines: readonly string[]): string {
  return `Examples:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

/** `shop/web` in its parts; throws a usage error for anything else. */
export function parseServiceName(text: string): { readonly namespace: string; readonly name: string } {
  const [namespace = "", name = "", more] = text.split("/");
  if (namespace !== "" && name !== "" && more === undefined) return { namespace, name };
  throw usageError(
    text,
    `Cannot take "${text}" as a service: it is not NAMESPACE/NAME`,
    "it must be NAMESPACE/NAME, as in shop/web",
    "sealane get services -o name",
  );
}

/** Whole seconds of `--since`, at least one; throws a usage error for what is no duration. */
export function sinceSeconds(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms / 1_000 < 2 ** 32) return Math.ceil(ms / 1_000);
  throw usageError(
    "--since",
    `Cannot look back "${text}": it is no duration`,
    "it must be like 90s, 10m or 1h",
  );
}
