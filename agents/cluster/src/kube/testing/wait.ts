// Waiting for a condition in tests, with a deadline.

import { setTimeout as delay } from "node:timers/promises";

/** Polls until `holds` gives true. @throws Error naming `what` and what it last saw when the deadline passes. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < endsAt) {
    try {
      if (await holds()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(5);
  }
  throw new Error(
    `Waited ${timeoutMs} ms for ${what} in vain`,
    last === undefined ? undefined : { cause: last },
  );
}
