// The loop between wishes and the driver: the newest wish wins, one `set` at a time, an audit repairs what
// drifted, and every outcome is told. It decides nothing about routes and never invents a wish. A wish that says what
// was set already waits for the audit: reading daemon and kernel for it would hold up the next one.

import type { DesiredRoutes } from "@sealane/core";
import { noRoutes, sameValue } from "@sealane/core";
import { Damper } from "./damp.ts";
import type { Applied, Finding, RouteDriver } from "./driver.ts";

/** What the loop is given. */
export interface ReconcilerOptions {
  readonly driver: RouteDriver;
  /** The newest wish, given the last one; undefined while nothing is known. Asked only when it can be applied. */
  readonly desired: (previous: DesiredRoutes | undefined) => DesiredRoutes | undefined;
  /** Where to start: the last good wish, or undefined. */
  readonly initial: DesiredRoutes | undefined;
  /** Keeps a wish that was set, after the driver has synced what it wrote. Never called twice at a time. */
  readonly keep: (desired: DesiredRoutes) => Promise<void>;
  /** After every `set`, failed ones too. */
  readonly onOutcome: (outcome: Outcome) => void;
  /** How long a next hop that comes back must be wanted, milliseconds. */
  readonly stableMs: number;
  /** Between audits, milliseconds. */
  readonly auditMs: number;
}

/** What a `set` came to. */
export interface Outcome {
  readonly desired: DesiredRoutes;
  /** How long `set` took, milliseconds. */
  readonly tookMs: number;
  readonly result: Applied | { readonly change: "failed"; readonly error: Error };
}

const retryMsMin = 250;
const retryMsMax = 5_000;

/** A running loop. Wake it when the wish may have changed, have it look when somebody else may have changed a route. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #damper: Damper;
  readonly #done: Promise<void>;
  #previous: DesiredRoutes | undefined;
  /** What was set last, while nothing says that it may not stand any more. */
  #standing: DesiredRoutes | undefined;
  #auditAtMs = 0;
  #kept: DesiredRoutes | undefined;
  /** False: what was written since the last sync began may not outlive a loss of power. */
  #synced = true;
  #keeping: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #woken = true;
  #closed = false;
  #retryMs = retryMsMin;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#damper = new Damper(options.stableMs);
    this.#previous = options.initial;
    this.#kept = options.initial;
    this.#done = this.#run();
  }

  /** The wish may have changed. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  /** What was set may not stand any more. */
  look(): void {
    this.#standing = undefined;
    this.wake();
  }

  /** Ends after the `set` that is under way, if any. Withdraws nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#done;
    await this.#keeping;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      this.#woken = false;
      const waitMs = await this.#once();
      if (!this.#woken && !this.#closed) await this.#sleep(waitMs);
    }
  }

  /** At most one `set`; gives how long to wait for the next when nothing wakes the loop. */
  async #once(): Promise<number> {
    const { driver, desired: newest, auditMs, onOutcome } = this.#options;
    const startMs = performance.now();
    let desired: DesiredRoutes = noRoutes;
    try {
      const wish = newest(this.#previous);
      if (wish === undefined) return auditMs;
      this.#previous = wish;
      const damped = this.#damper.next(wish, startMs);
      desired = damped.desired;
      if (startMs >= this.#auditAtMs || !sameValue(desired, this.#standing)) {
        this.#standing = desired;
        const result = await driver.set(desired);
        this.#auditAtMs = performance.now() + auditMs;
        if (result.change === "applied") this.#synced = false;
        onOutcome({ desired, tookMs: performance.now() - startMs, result });
      }
      this.#keep(wish);
      this.#retryMs = retryMsMin;
      return Math.max(0, Math.min(this.#auditAtMs, damped.nextMs ?? Infinity) - performance.now());
    } catch (cause) {
      this.#standing = undefined;
      return this.#tellFailed(desired, startMs, cause);
    }
  }

  /** Gives how long to wait before it is tried again. */
  #tellFailed(desired: DesiredRoutes, startMs: number, cause: unknown): number {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    const result = { change: "failed", error } as const;
    this.#options.onOutcome({ desired, tookMs: performance.now() - startMs, result });
    const waitMs = this.#retryMs;
    this.#retryMs = Math.min(this.#retryMs * 2, retryMsMax);
    return waitMs;
  }

  /** The next wish does not wait for it. One at a time; what changed meanwhile is kept after it. */
  #keep(wish: DesiredRoutes): void {
    const isKept =
      sameValue(this.#kept?.install, wish.install) && sameValue(this.#kept?.originate, wish.originate);
    if ((isKept && this.#synced) || this.#keeping !== undefined) return;
    this.#synced = true;
    const startMs = performance.now();
    const ended = (waitMs: number) => {
      this.#keeping = undefined;
      if (waitMs > 0) setTimeout(() => this.wake(), waitMs).unref();
      else if (this.#previous !== wish || !this.#synced) this.wake();
    };
    this.#keeping = this.#syncAndKeep(isKept ? undefined : wish).then(
      () => {
        this.#kept = wish;
        ended(0);
      },
      (cause: unknown) => {
        this.#synced = false;
        ended(this.#tellFailed(wish, startMs, cause));
      },
    );
  }

  /** In this order: a kept wish is never newer than what it stands for. */
  async #syncAndKeep(wish: DesiredRoutes | undefined): Promise<void> {
    await this.#options.driver.sync();
    if (wish !== undefined) await this.#options.keep(wish);
  }

  #sleep(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Counts and findings of an outcome, for the report up. */
export interface RouteReport {
  readonly desired: number;
  /** Undefined: nothing could be seen. */
  readonly observed: number | undefined;
  /** The worst first. */
  readonly findings: readonly Finding[];
}

/** Findings of one report. */
export const findingsMax = 50;

/** What to report of an outcome. */
export function reportOf({ desired, result }: Outcome): RouteReport {
  const withheld = desired.withheld.map(({ prefix, reason, message }) => ({
    subject: prefix,
    reason,
    message,
  }));
  const count = desired.install.length + desired.originate.length;
  if (result.change === "failed") {
    const failed: Finding = { subject: "routes", reason: "ApplyFailed", message: result.error.message };
    return { desired: count, observed: undefined, findings: [failed, ...withheld].slice(0, findingsMax) };
  }
  const { live, findings } = result;
  const observed = live.install.length + live.originate.length;
  return { desired: count, observed, findings: [...findings, ...withheld].slice(0, findingsMax) };
}
