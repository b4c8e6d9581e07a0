// A timer for a time that may be far away: Node's own wait at most 24.8 days, and fire at once when told to wait longer.

/** The longest that a timer of Node can wait. */
const timerMsMax = 2 ** 31 - 1;

/** Runs once at a time, Unix milliseconds; at once when it is past. Call the result to cancel. */
export function runAt(unixMs: number, run: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const waitMs = unixMs - Date.now();
    timer = waitMs > timerMsMax ? setTimeout(arm, timerMsMax) : setTimeout(run, Math.max(0, waitMs));
  };
  arm();
  return () => clearTimeout(timer);
}
