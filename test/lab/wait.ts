// Waits for a condition until a deadline. Every wait in the lab goes through here, so every one
// ends, and says what it waited for and what it last saw.

import { setTimeout as delay } from "node:timers/promises";

/** Thrown by a look that knows that waiting is in vain; it ends the wait at once. */
export class Hopeless extends Error {}

/** What to wait for, and how long. */
export interface Wait {
  /** Completes the sentence "waited for ...". */
  readonly what: string;
  readonly timeoutMs: number;
  /** Pause between two looks, in milliseconds. */
  readonly intervalMs?: number;
}

/**
 * Calls `look` until it gives a value other than undefined, and gives that value. An error thrown by
 * `look` counts as "not yet" and is told when the deadline passes.
 */
export async function waitFor<T>(wait: Wait, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = performance.now() + wait.timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
      last = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    if (performance.now() >= end) {
      throw new Error(`Waited ${wait.timeoutMs / 1000} s for ${wait.what} in vain`, { cause: last });
    }
    await delay(wait.intervalMs ?? 100);
  }
}

/** Waits until `holds` gives true. */
export async function waitUntil(wait: Wait, holds: () => Promise<boolean> | boolean): Promise<void> {
  await waitFor(wait, async () => ((await holds()) ? true : undefined));
}
