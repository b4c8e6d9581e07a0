// Order statistics. Owns no measurement.

/** The value below which the share `q` (0 to 1) of the samples lies: nearest rank. NaN without samples. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle of the samples: nearest rank. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** `median (least to greatest)`, each with two digits behind the point. */
export function spread(samples: readonly number[]): string {
  const text = (value: number) => value.toFixed(2);
  return `${text(median(samples))} (${text(Math.min(...samples))} to ${text(Math.max(...samples))})`;
}
