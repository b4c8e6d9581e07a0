// Watches a tree of directories and says when something in it may have changed, after it has been quiet for a moment
// and from time to time without a reason, for file events can be lost. It reads no file and judges nothing.

import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";

/** How to watch. */
export interface WatchTreeOptions {
  /** One call at a time; what happens during a call leads to one more. Must not reject. */
  readonly look: () => Promise<void>;
  /** Editors and copies make several events of one change: so long nothing must happen, milliseconds. */
  readonly settleMs: number;
  /** A tree that is never quiet is looked at all the same after so long, milliseconds. */
  readonly settleMsMax: number;
  /** Between looks without an event, milliseconds; longer when a look takes long, so that looking costs little. */
  readonly pollMs: number;
}

/** Looks without an event take at most one part in so many of the time. */
const restPerLook = 20;

/** A watch on a tree; ends with its signal. */
export class TreeWatch {
  readonly #options: WatchTreeOptions;
  readonly #signal: AbortSignal;
  readonly #watchers = new Map<string, FSWatcher>();
  #settle: NodeJS.Timeout | undefined;
  #firstEventMs: number | undefined;
  #poll: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;

  constructor(options: WatchTreeOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#close(), { once: true });
  }

  /** The directories to watch from now on. One that cannot be watched is left to the polling. */
  cover(directories: Iterable<string>): void {
    if (this.#signal.aborted) return;
    const wanted = new Set(directories);
    for (const [path, watcher] of this.#watchers) {
      if (wanted.has(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    const fresh = [...wanted].filter((path) => !this.#watchers.has(path));
    for (const path of fresh) this.#listen(path);
    // What happened between the last look and the watch made no event.
    if (fresh.some((path) => this.#watchers.has(path))) this.#event();
  }

  /** Looks now; resolves when everything that had happened before the call was looked at. */
  async look(): Promise<void> {
    if (this.#signal.aborted) return;
    this.#again = true;
    this.#looking ??= this.#run();
    await this.#looking;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#poll);
    const startMs = performance.now();
    while (this.#again && !this.#signal.aborted) {
      this.#again = false;
      clearTimeout(this.#settle);
      this.#firstEventMs = undefined;
      await this.#options.look();
    }
    this.#looking = undefined;
    if (this.#signal.aborted) return;
    const restMs = Math.max(this.#options.pollMs, (performance.now() - startMs) * restPerLook);
    this.#poll = setTimeout(() => void this.look(), restMs);
  }

  #listen(path: string): void {
    try {
      const watcher = watch(path, () => this.#event());
      watcher.on("error", () => this.#forget(path, watcher));
      this.#watchers.set(path, watcher);
    } catch {
      this.#watchers.delete(path);
    }
  }

  #forget(path: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(path) === watcher) this.#watchers.delete(path);
    this.#event();
  }

  #event(): void {
    if (this.#signal.aborted) return;
    const now = performance.now();
    this.#firstEventMs ??= now;
    const { settleMs, settleMsMax } = this.#options;
    clearTimeout(this.#settle);
    const waitMs = Math.max(0, Math.min(settleMs, this.#firstEventMs + settleMsMax - now));
    this.#settle = setTimeout(() => void this.look(), waitMs);
  }

  #close(): void {
    clearTimeout(this.#settle);
    clearTimeout(this.#poll);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}
