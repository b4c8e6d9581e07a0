// Runs work by key: one run per key at a time, a bounded number of keys at once, and what was asked for during
// a run is run once more. Refuses to remember more than that something is due: its size is the number of keys.

import { clearTimeout, setTimeout } from "node:timers";
import { createBackoff } from "../kube/backoff.ts";
import type { Backoff, BackoffBounds } from "../kube/backoff.ts";

/** How to run. */
export interface KeyedQueueOptions<K> {
  readonly run: (key: K) => Promise<void>;
  /** A run failed; it is tried again after a growing wait. */
  readonly onError: (key: K, error: unknown) => void;
  /** Keys at once. */
  readonly parallelMax: number;
  /** How long to wait after this failure, milliseconds; undefined: by the back-off. */
  readonly waitAfter?: (error: unknown) => number | undefined;
  /** Waits before a failed key is run again. */
  readonly backoff: BackoffBounds;
  /** A key is run so long after it was first asked for, so that further asks fall into the same run; 0 runs at once. */
  readonly gatherMs: number;
}

/** A queue; it ends with the signal. */
export class KeyedQueue<K> {
  readonly #options: KeyedQueueOptions<K>;
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<K>();
  readonly #running = new Set<K>();
  readonly #again = new Set<K>();
  readonly #timers = new Map<K, { readonly timer: NodeJS.Timeout; readonly dueAt: number }>();
  readonly #backoffs = new Map<K, Backoff>();

  constructor(options: KeyedQueueOptions<K>, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#clear(), { once: true });
  }

  /** Keys that are due or running. */
  get size(): number {
    return this.#waiting.size + this.#running.size + this.#timers.size;
  }

  /**
   * Asks for a run. Starts it in this very turn when there is room and nothing is to be gathered. A wait after a failure
   * is for what nobody asks for anew: no ask waits for it.
   */
  add(key: K): void {
    if (this.#signal.aborted || this.#waiting.has(key)) return;
    if (this.#running.has(key)) {
      this.#again.add(key);
      return;
    }
    if (this.#options.gatherMs > 0) {
      this.#noLaterThan(key, this.#options.gatherMs);
      return;
    }
    this.#forgetTimer(key);
    this.#start(key);
  }

  #start(key: K): void {
    if (this.#running.size >= this.#options.parallelMax) {
      this.#waiting.add(key);
      return;
    }
    this.#running.add(key);
    void this.#run(key);
  }

  async #run(key: K): Promise<void> {
    let againMs: number | undefined;
    try {
      await this.#options.run(key);
      this.#backoffs.delete(key);
    } catch (error) {
      againMs = this.#options.waitAfter?.(error) ?? this.#backoff(key).next();
      if (!this.#signal.aborted) this.#options.onError(key, error);
    }
    this.#running.delete(key);
    if (this.#signal.aborted) return;
    const again = this.#again.delete(key);
    if (againMs === undefined) {
      if (again) this.add(key);
    } else {
      // The run that failed did not see what was asked for meanwhile. The least wait keeps it from running in a circle.
      const { gatherMs, backoff } = this.#options;
      this.#noLaterThan(key, again ? Math.min(againMs, Math.max(gatherMs, backoff.minMs)) : againMs);
    }
    this.#next();
  }

  #next(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#options.parallelMax) return;
      this.#waiting.delete(key);
      this.#start(key);
    }
  }

  #noLaterThan(key: K, ms: number): void {
    const dueAt = performance.now() + ms;
    if ((this.#timers.get(key)?.dueAt ?? Infinity) <= dueAt) return;
    this.#forgetTimer(key);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      if (!this.#signal.aborted && !this.#waiting.has(key)) this.#start(key);
    }, ms);
    this.#timers.set(key, { timer, dueAt });
  }

  #forgetTimer(key: K): void {
    clearTimeout(this.#timers.get(key)?.timer);
    this.#timers.delete(key);
  }

  #backoff(key: K): Backoff {
    const known = this.#backoffs.get(key) ?? createBackoff(this.#options.backoff);
    this.#backoffs.set(key, known);
    return known;
  }

  #clear(): void {
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#waiting.clear();
    this.#again.clear();
  }
}
