// Tells when the daemon's routes go from the kernel, by one long-lived `ip monitor route`: a route that was deleted by
// hand is then put back long before the next audit. Best effort, and it only reads.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { canonicalPrefix, parseAddress } from "@sealane/core";

/** How the kernel is followed. */
export interface RemovedRoutesOptions {
  /** Path or name of iproute2's `ip`. */
  readonly ipProgram: string;
  /** Of these the removal is told: routes that should be there. */
  readonly isExpected: (prefix: string) => boolean;
  /** At most once in this long, milliseconds: the daemon itself takes a route away and adds it again. */
  readonly quietMs: number;
}

/** A program that ended is started again after this long. */
const restartMs = 5_000;

/** Follows both families until the signal. */
export function watchRemovedRoutes(
  options: RemovedRoutesOptions,
  onRemoved: () => void,
  signal: AbortSignal,
): void {
  if (signal.aborted) return;
  let told: NodeJS.Timeout | undefined;
  const child = spawn(options.ipProgram, ["monitor", "route"], {
    stdio: ["ignore", "pipe", "ignore"],
    signal,
  });
  createInterface(child.stdout).on("line", (line) => {
    const prefix = removedPrefix(line);
    if (prefix === undefined || !options.isExpected(prefix)) return;
    told ??= setTimeout(() => {
      told = undefined;
      onRemoved();
    }, options.quietMs);
  });
  // Both what cannot be started and what is ended by the signal; "close" follows.
  child.on("error", () => undefined);
  child.on("close", () => {
    if (signal.aborted) return clearTimeout(told);
    setTimeout(() => watchRemovedRoutes(options, onRemoved, signal), restartMs).unref();
  });
  child.unref();
}

/** The prefix of a line `Deleted 10.2.0.0/24 ... proto bird ...` (ip-monitor(8)), canonical; undefined for other lines. */
export function removedPrefix(line: string): string | undefined {
  const [, destination] = /^Deleted (?:unicast )?(\S+) .*\bproto bird\b/.exec(line) ?? [];
  if (destination === undefined || destination === "default") return undefined;
  try {
    if (destination.includes("/")) return canonicalPrefix(destination);
    return canonicalPrefix(`${destination}/${parseAddress(destination).family === 4 ? 32 : 128}`);
  } catch {
    return undefined;
  }
}
