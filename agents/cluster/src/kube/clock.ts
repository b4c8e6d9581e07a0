// The wall clock in microseconds, for stamps of what was observed.

let anchorUs = performance.timeOrigin * 1_000;

/** Unix time, microseconds. Finer than `Date.now()`, and follows it when the system's clock is set or slewed. */
export function nowUnixUs(): bigint {
  const wallUs = Date.now() * 1_000;
  const fineUs = anchorUs + performance.now() * 1_000;
  if (Math.abs(fineUs - wallUs) < 2_000) return BigInt(Math.round(fineUs));
  anchorUs += wallUs - fineUs;
  return BigInt(wallUs);
}
