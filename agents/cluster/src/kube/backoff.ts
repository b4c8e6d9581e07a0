// Waiting between attempts: growing, jittered, bounded, and ended at once by an AbortSignal.

import { setTimeout as delay } from "node:timers/promises";

/** Bounds of the waits between attempts, milliseconds. */
export interface BackoffBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Grows with every failure and starts again after a success. */
export interface Backoff {
  /** The next wait, milliseconds: between half of the step and the whole step. */
  next(): number;
  reset(): void;
}

/** A backoff that doubles from `minMs` to `maxMs`. */
export function createBackoff(bounds: BackoffBounds, random: () => number = Math.random): Backoff {
  let step = bounds.minMs;
  return {
    next: () => {
      const wait = step / 2 + (random() * step) / 2;
      step = Math.min(step * 2, bounds.maxMs);
      return wait;
    },
    reset: () => {
      step = bounds.minMs;
    },
  };
}

/** Waits; returns early, without an error, when the signal is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
