// How often something is done: at once for a few times, then one more each while. Two programs that both insist would
// otherwise write against each other without end. Pure: time is passed in.

/** Bounds of a pace. */
export interface PaceLimits {
  /** So many of one thing at once. */
  readonly burst: number;
  /** One more after so long. */
  readonly refillMs: number;
  /** Things that are remembered; the one that was done the longest ago is forgotten first. */
  readonly thingsMax: number;
}

/** What edits by hand are put back at. */
const limitsDefault: PaceLimits = { burst: 10, refillMs: 4_000, thingsMax: 4_096 };

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** Remembers by name what was done how often. */
export class Pace {
  private readonly limits: PaceLimits;
  private readonly buckets = new Map<string, Bucket>();

  constructor(limits: Partial<PaceLimits> = {}) {
    this.limits = { ...limitsDefault, ...limits };
  }

  /** Takes leave to do it once, or says how long there is none, milliseconds. */
  take(name: string, nowMs: number): number {
    const tokens = this.tokensAt(name, nowMs);
    if (tokens < 1) return (1 - tokens) * this.limits.refillMs;
    this.keep(name, { tokens: tokens - 1, atMs: nowMs });
    return 0;
  }

  /** Somebody made it due again, asked or not: what is done about it may have to wait. */
  note(name: string, nowMs: number): void {
    const tokens = this.tokensAt(name, nowMs);
    // What comes while it waits does not put it off.
    this.keep(name, { tokens: tokens < 0 ? tokens : tokens - 1, atMs: nowMs });
  }

  /** How long after what was noted it should wait, milliseconds; 0: it is done at once. */
  waitMs(name: string, nowMs: number): number {
    return Math.max(0, -this.tokensAt(name, nowMs) * this.limits.refillMs);
  }

  private tokensAt(name: string, nowMs: number): number {
    const { burst, refillMs } = this.limits;
    const bucket = this.buckets.get(name);
    return bucket === undefined ? burst : Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) / refillMs);
  }

  private keep(name: string, bucket: Bucket): void {
    this.buckets.delete(name);
    this.buckets.set(name, bucket);
    const [oldest] = this.buckets.keys();
    if (this.buckets.size > this.limits.thingsMax && oldest !== undefined) this.buckets.delete(oldest);
  }
}
