// How often something is done at once before it has to wait: so many, then one more each while. No clock of its own.

/** What is left to be done at once. */
export interface Allowance {
  /** Takes one, or says for how long there is none, milliseconds. */
  take(nowMs: number): number;
}

/** Starts full. */
export function createAllowance({ burst, refillMs }: { burst: number; refillMs: number }): Allowance {
  let left = burst;
  let filledAtMs: number | undefined;
  return {
    take: (nowMs) => {
      filledAtMs ??= nowMs;
      const more = Math.floor((nowMs - filledAtMs) / refillMs);
      left = Math.min(burst, left + more);
      filledAtMs = left === burst ? nowMs : filledAtMs + more * refillMs;
      if (left === 0) return filledAtMs + refillMs - nowMs;
      left--;
      return 0;
    },
  };
}
