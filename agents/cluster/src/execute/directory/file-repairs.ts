// When a rendered file that others changed is put back: at once, and slowly when somebody insists, for two programs
// that both insist would write against each other without end. It writes nothing itself.

import type { Finding } from "@sealane/core";
import { EditPace } from "@sealane/core";

/** Puts files back through `repair`; ends with the signal. */
export class FileRepairs {
  readonly #repair: (path: string) => void;
  readonly #pace = new EditPace();
  /** Files that somebody insists on; each waits for its repair. */
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(repair: (path: string) => void, signal: AbortSignal) {
    this.#repair = repair;
    signal.addEventListener("abort", () => this.#waiting.forEach((timer) => clearTimeout(timer)), {
      once: true,
    });
  }

  /** Somebody changed or removed the file. */
  edited(path: string): void {
    const now = performance.now();
    this.#pace.note(path, now);
    const waitMs = this.#pace.waitMs(path, now);
    if (waitMs === 0) this.#repair(path);
    if (waitMs === 0 || this.#waiting.has(path)) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(path);
      this.#repair(path);
    }, waitMs);
    this.#waiting.set(path, timer);
  }

  /** Files that are as somebody else wants them, for the moment. */
  findings(): readonly Finding[] {
    return [...this.#waiting.keys()].map((path) => ({
      subject: path,
      reason: "EditedRepeatedly",
      message: `${path} is changed again and again by somebody else; it is put back every few seconds at most. Find out who writes it.`,
    }));
  }
}
