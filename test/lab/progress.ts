// Tells a person what the lab is doing and for how long. It decides nothing.

/** A line about a step is repeated this often while it runs, in milliseconds. */
const heartbeatMs = 20_000;

const started = performance.now();

/** Writes one line with the time since the program started. */
export function say(text: string): void {
  process.stderr.write(`lab ${seconds(started).padStart(6)}  ${text}\n`);
}

/** Runs a step between a line when it starts and one when it ends, with its duration. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  say(`${what} ...`);
  const heartbeat = setInterval(() => say(`${what}: still at it after ${seconds(from)}`), heartbeatMs);
  try {
    const value = await work();
    say(`${what}: done in ${seconds(from)}`);
    return value;
  } catch (error) {
    say(`${what}: failed after ${seconds(from)}`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

function seconds(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`;
}
