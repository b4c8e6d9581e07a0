// Durations as people type them: 500ms, 90s, 1h30m, 2d.

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration; undefined when the text is none, or none above zero. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(/([\d.]+)(ms|[smhd])/g)) {
    total += Number(amount) * (unitMs[unit] ?? Number.NaN);
  }
  return Number.isSafeInteger(Math.round(total)) && Math.round(total) > 0 ? Math.round(total) : undefined;
}

/** A span in the largest unit of which it holds at least two, or one second: `45s`, `4m`, `26h`, `3d`. */
export function formatAge(spanMs: number): string {
  const seconds = Math.max(0, Math.floor(spanMs / 1_000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
