// How often something that others change is put back: at once for a few times, then ever so often. Two programs that
// both insist would otherwise write against each other without end. Pure: time is passed in.

/** Bounds of a pace. */
export interface EditPaceLimits {
  /** Edits of one thing that are put back at once. */
  readonly burst: number;
  /** One more after so long. */
  readonly refillMs: number;
  /** Things that are remembered; the one that was edited the longest ago is forgotten first. */
  readonly thingsMax: number;
}

const limitsDefault: EditPaceLimits = { burst: 10, refillMs: 4_000, thingsMax: 4_096 };

interface Bucket {
  /** Below zero: the next repair waits. */
  tokens: number;
  atMs: number;
}

/** Remembers edits by name. */
export class EditPace {
  private readonly limits: EditPaceLimits;
  private readonly buckets = new Map<string, Bucket>();

  constructor(limits: Partial<EditPaceLimits> = {}) {
    this.limits = { ...limitsDefault, ...limits };
  }

  /** Somebody edited it. */
  note(name: string, nowMs: number): void {
    const before = this.tokensAt(name, nowMs);
    // Edits while the repair waits do not put it off.
    const tokens = before < 0 ? before : before - 1;
    this.buckets.delete(name);
    this.buckets.set(name, { tokens, atMs: nowMs });
    const [oldest] = this.buckets.keys();
    if (this.buckets.size > this.limits.thingsMax && oldest !== undefined) this.buckets.delete(oldest);
  }

  /** How long it should stay as it is before it is put back, milliseconds; 0: at once. */
  waitMs(name: string, nowMs: number): number {
    return Math.max(0, -this.tokensAt(name, nowMs) * this.limits.refillMs);
  }

  private tokensAt(name: string, nowMs: number): number {
    const { burst, refillMs } = this.limits;
    const bucket = this.buckets.get(name);
    return bucket === undefined ? burst : Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) / refillMs);
  }
}
