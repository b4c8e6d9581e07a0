// Repeats a step until it succeeds or nobody wants it any more, telling each failure once per change of its text.

import { createBackoff, sleep } from "./kube/backoff.ts";
import { messageOf } from "./kube/error.ts";

/** The step's result, or undefined when the signal ended it first. */
export async function untilDone<T>(
  step: () => Promise<T>,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<T | undefined> {
  const backoff = createBackoff({ minMs: 500, maxMs: 15_000 });
  let told = "";
  while (!signal.aborted) {
    try {
      return await step();
    } catch (error) {
      if (messageOf(error) !== told) onFailure(error);
      told = messageOf(error);
      await sleep(backoff.next(), signal);
    }
  }
  return undefined;
}
