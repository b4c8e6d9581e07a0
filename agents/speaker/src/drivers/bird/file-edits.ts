// The include's files changed by somebody else: seen as it happens, told with the line that was changed, and put back
// at once a few times, then as rarely as the audit comes. It writes nothing.

import { watch } from "node:fs";
import { dirname } from "node:path";
import { Pace } from "@sealane/core";
import type { Finding } from "../../driver.ts";
import type { IncludePaths, PlacedText } from "./files.ts";

const quietMs = 50;

/** Follows the folders of files; `look` runs a moment after a change, and again after as long as it says, milliseconds. */
export function watchFiles(
  files: readonly string[],
  signal: AbortSignal,
  look: () => Promise<number | undefined>,
): void {
  let timer: NodeJS.Timeout | undefined;
  const soon = (waitMs = quietMs): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      look().then(
        (againMs) => {
          if (againMs !== undefined && !signal.aborted) soon(againMs);
        },
        () => undefined, // The audit reads the same files, and tells what is wrong with them.
      );
    }, waitMs);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  for (const folder of new Set(files.map((file) => dirname(file)))) {
    const watcher = watch(folder, { signal }, () => soon());
    watcher.on("error", () => undefined);
  }
}

/** What was put in place, and how often it was changed since. */
export class FileEdits {
  readonly #pace = new Pace();
  #placed: PlacedText | undefined;

  /** The texts that are in place from now on. */
  note(placed: PlacedText): void {
    this.#placed = placed;
  }

  /** How long what was changed stays before it may be put back, milliseconds; undefined when nothing was changed. */
  repairInMs(found: PlacedText, nowMs: number): number | undefined {
    const waits = this.#kinds(found).map((kind) => this.#pace.waitMs(kind, nowMs));
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  /** One finding for each file that was changed since it was put in place. Until the next `note` it is not told again. */
  take(paths: IncludePaths, found: PlacedText, nowMs: number): readonly Finding[] {
    const kinds = this.#kinds(found);
    const findings = kinds.map((kind): Finding => {
      this.#pace.note(kind, nowMs);
      const subject = kind === "install" ? paths.installPath : paths.originatePath;
      const what = differingLine(this.#placed?.[kind] ?? "", found[kind]);
      const again = this.#pace.waitMs(kind, nowMs) > 0;
      return {
        subject,
        reason: again ? "EditedRepeatedly" : "EditedByHand",
        message: `${subject}: ${what} by somebody else, and was put back${again ? "; from now on only every few seconds" : ""}`,
      };
    });
    this.#placed = undefined;
    return findings;
  }

  #kinds(found: PlacedText): readonly ("install" | "originate")[] {
    const placed = this.#placed;
    if (placed === undefined) return [];
    return (["install", "originate"] as const).filter((kind) => placed[kind] !== found[kind]);
  }
}

/** Which line was changed, as a person finds it. */
function differingLine(placed: string, found: string | undefined): string {
  if (found === undefined) return "the file was deleted";
  const [was, is] = [placed.split("\n"), found.split("\n")];
  const length = Math.max(was.length, is.length);
  let at = 0;
  while (at < length && was[at] === is[at]) at++;
  const line = (is[at] ?? was[at] ?? "").trim().slice(0, 80);
  return `line ${at + 1} ("${line}") was changed`;
}
