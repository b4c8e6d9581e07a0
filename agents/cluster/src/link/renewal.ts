// Keeps a term's membership good: renews the certificate before its end, and looks for another way in when the hub does
// not take it any more. A token that a person puts into the cluster is taken without a restart. Every wait is bounded.

import type { Backoff, BackoffBounds } from "../kube/backoff.ts";
import { createBackoff, sleep } from "../kube/backoff.ts";
import type { KubeClient } from "../kube/client.ts";
import { messageOf } from "../kube/error.ts";
import { isRefusal } from "./join.ts";
import { expiryUnixMs, renewalUnixMs } from "./keys.ts";
import type { Membership, Refusals } from "./membership.ts";
import { ensureMembership, noRefusals, renewMembership, withTokenRefusal } from "./membership.ts";

/** How often to look; milliseconds. */
export interface RenewalPace {
  /** While all is well: how soon a new token is seen. */
  readonly lookMs: number;
  /** Between two attempts while the hub takes no certificate of ours. */
  readonly refused: BackoffBounds;
  /** Between two attempts to renew. */
  readonly renewRetryMs: number;
}

const paceDefault: RenewalPace = {
  lookMs: 30_000,
  refused: { minMs: 1_000, maxMs: 15_000 },
  renewRetryMs: 60_000,
};

/** A certificate with the shortest life is not renewed more often. */
const renewPauseMs = 1_000;

/** What to keep, and whom to tell. */
export interface RenewalOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly first: Membership;
  readonly pace?: RenewalPace;
  /** There is a newer certificate: by renewal for the same name and hub, by joining perhaps for others. */
  readonly onChange: (next: Membership, how: "renewed" | "joined") => void;
  /** The hub takes no certificate of ours and there is no token: the text says what a person has to do. Undefined: all is well again. */
  readonly onLost: (why: string | undefined) => void;
  /** Something failed and is tried again. */
  readonly onProblem: (error: unknown) => void;
}

/** A membership that is kept; ends with its signal. */
export class KeptMembership {
  readonly #options: RenewalOptions;
  readonly #signal: AbortSignal;
  readonly #pace: RenewalPace;
  readonly #backoff: Backoff;
  #membership: Membership;
  #refusals: Refusals = noRefusals;
  #renewAgainAtMs = 0;
  #lost: string | undefined;
  #wake = new AbortController();

  constructor(options: RenewalOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#pace = options.pace ?? paceDefault;
    this.#backoff = createBackoff(this.#pace.refused);
    this.#membership = options.first;
    void this.#run();
  }

  /** With the newest certificate. */
  get current(): Membership {
    return this.#membership;
  }

  /** The hub did not take the certificate of `current`, and this is what it said. */
  refused(error: Error): void {
    const pem = this.#membership.credentials.certificate;
    if (this.#refusals.certificate?.pem === pem) return;
    this.#refusals = { ...this.#refusals, certificate: { pem, why: messageOf(error) } };
    this.#wake.abort();
  }

  /** The hub took the certificate of `current`. */
  accepted(): void {
    this.#refusals = { ...this.#refusals, certificate: undefined };
    this.#tellLost(undefined);
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      await sleep(this.#waitMs(), AbortSignal.any([this.#signal, this.#wake.signal]));
      this.#wake = new AbortController();
      if (this.#signal.aborted) return;
      await this.#renewWhenDue();
      await this.#look();
    }
  }

  #waitMs(): number {
    if (this.#isUnusable()) return this.#backoff.next();
    this.#backoff.reset();
    const renewAtMs = Math.max(renewalUnixMs(this.#certificate), this.#renewAgainAtMs);
    return Math.min(Math.max(renewAtMs - Date.now(), 0), this.#pace.lookMs);
  }

  get #certificate(): string {
    return this.#membership.credentials.certificate;
  }

  #isUnusable(): boolean {
    return this.#refusals.certificate !== undefined || expiryUnixMs(this.#certificate) <= Date.now();
  }

  async #renewWhenDue(): Promise<void> {
    const now = Date.now();
    if (this.#isUnusable() || now < Math.max(renewalUnixMs(this.#certificate), this.#renewAgainAtMs)) return;
    const { client, namespace, onProblem } = this.#options;
    try {
      this.#take(await renewMembership(client, namespace, this.#membership), "renewed");
      this.#renewAgainAtMs = Date.now() + renewPauseMs;
    } catch (error) {
      this.#renewAgainAtMs = now + this.#pace.renewRetryMs;
      onProblem(error);
      if (isRefusal(error)) this.refused(error as Error);
    }
  }

  /** Is there another certificate, or a token that was not used yet? */
  async #look(): Promise<void> {
    const { client, namespace, onProblem } = this.#options;
    try {
      const found = await ensureMembership(client, {
        namespace,
        nowUnixMs: Date.now(),
        refusals: this.#refusals,
        onProblem: (error) => {
          this.#refusals = withTokenRefusal(this.#refusals, error);
          onProblem(error);
        },
        signal: this.#signal,
      });
      if (found.credentials.certificate !== this.#certificate) this.#take(found, "joined");
      else if (found.hub !== this.#membership.hub) this.#membership = found;
    } catch (error) {
      this.#refusals = withTokenRefusal(this.#refusals, error);
      if (this.#isUnusable()) this.#tellLost(messageOf(error));
      else onProblem(error);
    }
  }

  #take(next: Membership, how: "renewed" | "joined"): void {
    if (this.#signal.aborted) return;
    this.#membership = next;
    this.#refusals = { ...this.#refusals, certificate: undefined };
    this.#options.onChange(next, how);
    this.#tellLost(undefined);
  }

  #tellLost(why: string | undefined): void {
    if (this.#lost === why || this.#signal.aborted) return;
    this.#lost = why;
    this.#options.onLost(why);
  }
}
