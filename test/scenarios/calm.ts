// The machine's own rest before something is timed on it: what an earlier story, or the lab's start, still has to do is
// no part of what is measured.

import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

const idleShareMin = 0.3;

/** How long the processors are looked at, and until when. */
export interface Calm {
  readonly windowMs: number;
  /** Then it is measured on the machine as it is. */
  readonly deadlineMs: number;
}

/** Waits until the processors were idle for a third of the window, at most for a while; gives their part, 0 to 1. */
export async function untilCalm({ windowMs, deadlineMs }: Calm): Promise<number> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const before = times();
    await delay(windowMs);
    const after = times();
    const share = (after.idle - before.idle) / (after.all - before.all);
    if (share >= idleShareMin || performance.now() >= end) return share;
  }
}

function times(): { readonly idle: number; readonly all: number } {
  const each = cpus().map((cpu) => cpu.times);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return { idle: sum(each.map(({ idle }) => idle)), all: sum(each.flatMap((spent) => Object.values(spent))) };
}
