// When a rendered file that others changed is put back: at once, and slowly when somebody insists, for two programs
// that both insist would write against each other without end. It writes nothing itself.

import type { Finding } from "@sealane/core";
import { Pace } from "@sealane/core";

/** So long nobody must change a file before it counts as calm, milliseconds. */
const calmMs = 10_000;

/** What is done with files; both only enqueue. */
export interface RepairPorts {
  /** Write the file as it should be. */
  readonly repair: (path: string) => void;
  /** Nobody insists on the file any more. */
  readonly onCalm: () => void;
}

/** Puts files back; ends with the signal. */
export class FileRepairs {
  readonly #ports: RepairPorts;
  readonly #pace = new Pace();
  /** Files whose repair waits. */
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  /** Files that somebody insists on, until they are calm. */
  readonly #contested = new Map<string, NodeJS.Timeout>();

  constructor(ports: RepairPorts, signal: AbortSignal) {
    this.#ports = ports;
    const clear = (): void => {
      for (const timer of [...this.#waiting.values(), ...this.#contested.values()]) clearTimeout(timer);
    };
    signal.addEventListener("abort", clear, { once: true });
  }

  /** Somebody changed or removed the file. */
  edited(path: string): void {
    const now = performance.now();
    this.#pace.note(path, now);
    const waitMs = this.#pace.waitMs(path, now);
    if (waitMs === 0) {
      this.#ports.repair(path);
      return;
    }
    clearTimeout(this.#contested.get(path));
    this.#contested.set(
      path,
      setTimeout(() => {
        this.#contested.delete(path);
        this.#ports.onCalm();
      }, waitMs + calmMs),
    );
    if (this.#waiting.has(path)) return;
    const repair = (): void => {
      this.#waiting.delete(path);
      this.#ports.repair(path);
    };
    this.#waiting.set(path, setTimeout(repair, waitMs));
  }

  /** Files that somebody insists on. */
  findings(): readonly Finding[] {
    return [...this.#contested.keys()].map((path) => ({
      subject: path,
      reason: "EditedRepeatedly",
      message: `${path} is changed again and again by somebody else; it is put back every few seconds at most. Find out who writes it.`,
    }));
  }
}
