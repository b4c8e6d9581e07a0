// Leader election on one Lease. Every write carries the resource version it was decided on, so of two
// candidates one fails. Refuses to lead a moment longer than it can prove.

import { hostname } from "node:os";
import { sleep } from "./backoff.ts";
import type { KubeClient } from "./client.ts";
import { hasStatus, messageOf } from "./error.ts";
import { parseLease } from "./lease-object.ts";
import type { Lease } from "./lease-object.ts";
import { leaseBody } from "./lease-object.ts";
import { Reflector } from "./reflector.ts";
import { collectionPath, objectPath, resources } from "./resource.ts";
import { objectKey } from "./store.ts";

/** Which Lease, and what to do. */
export interface ElectionOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Unique among the candidates; the pod's name with something random, unless told. */
  readonly identity?: string;
  readonly durations?: Partial<LeaseDurations>;
  /** Whether a holder is known to be dead, as former processes of the same pod are: its Lease needs not run out. */
  readonly isDead?: (holder: string) => boolean;
  /** Leads from here until the signal aborts: then everything must be silent at once. */
  readonly onLead: (term: Term) => void;
  readonly onError?: (error: Error) => void;
}

/** Durations of an election, milliseconds. */
export interface LeaseDurations {
  /** Others may take over when nothing was renewed for so long. */
  readonly leaseMs: number;
  /** The leader gives up when no renewal succeeded for so long. Shorter than `leaseMs`. */
  readonly renewMs: number;
  readonly retryMs: number;
}

/** One time of leading. */
export interface Term {
  /** Greater than that of every earlier leader. */
  readonly epoch: bigint;
  /** Aborts when leadership is lost or given up. */
  readonly signal: AbortSignal;
  /** Whether the term holds at this very moment. Asked before every write: after a pause of the process, timers come late. */
  isCurrent(): boolean;
}

const durationsDefault: LeaseDurations = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

/** Takes part in an election until the signal aborts; then the Lease is released, so that the next leader need not wait. */
export class Election {
  readonly identity: string;
  readonly #options: ElectionOptions;
  readonly #durations: LeaseDurations;
  readonly #reflector: Reflector<Lease>;
  readonly #signal: AbortSignal;
  /** Resolves when the Lease was released, or could not be. */
  readonly done: Promise<void>;
  #wake = Promise.withResolvers<void>();
  /** When the held version was first seen, by the own monotonic clock. */
  #seen: { version: string; atMs: number } = { version: "", atMs: 0 };

  constructor(options: ElectionOptions, signal: AbortSignal) {
    this.identity = options.identity ?? `${hostname()}-${crypto.randomUUID().slice(0, 8)}`;
    this.#options = options;
    this.#durations = { ...durationsDefault, ...options.durations };
    this.#signal = signal;
    const wake = (): void => {
      this.#wake.resolve();
      this.#wake = Promise.withResolvers<void>();
    };
    this.#reflector = new Reflector<Lease>(
      {
        client: options.client,
        resource: resources.leases,
        parse: parseLease,
        namespace: options.namespace,
        fieldSelector: `metadata.name=${options.name}`,
        onChange: wake,
        onSynced: wake,
        onState: (state) => {
          if (state.is === "unknown") options.onError?.(state.error);
        },
      },
      signal,
    );
    signal.addEventListener("abort", wake, { once: true });
    this.done = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      const woken = this.#wake.promise;
      const waitMs = this.#reflector.synced ? this.#freeInMs() : this.#durations.retryMs;
      if (waitMs > 0 || !this.#reflector.synced) {
        await Promise.race([woken, sleep(Math.max(waitMs, 1), this.#signal)]);
        continue;
      }
      try {
        const takenAtMs = performance.now();
        const lease = await this.#take();
        if (lease !== undefined) await this.#lead(lease, takenAtMs);
      } catch (error) {
        this.#report(error);
      }
      if (!this.#signal.aborted) await Promise.race([woken, sleep(this.#durations.retryMs, this.#signal)]);
    }
  }

  /** How long until the Lease may be taken, milliseconds; 0 when now. */
  #freeInMs(): number {
    const held = this.#reflector.store.get(objectKey(this.#options.namespace, this.#options.name));
    if (held === undefined || held.holder === "" || held.holder === this.identity) return 0;
    if (this.#options.isDead?.(held.holder) === true) return 0;
    if (held.resourceVersion !== this.#seen.version) {
      this.#seen = { version: held.resourceVersion, atMs: performance.now() };
    }
    return Math.max(
      0,
      this.#seen.atMs + Math.max(held.durationMs, this.#durations.leaseMs) - performance.now(),
    );
  }

  /** Tries to become the holder; undefined when another was faster. */
  async #take(): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    const held = this.#reflector.store.get(objectKey(namespace, name));
    const now = Date.now();
    const previous = held?.epoch ?? 0n;
    const epoch = previous >= BigInt(now) ? previous + 1n : BigInt(now);
    const body = leaseBody({
      held,
      namespace,
      name,
      holder: this.identity,
      leaseMs: this.#durations.leaseMs,
      acquiredAtMs: now,
      renewedAtMs: now,
      transitions: held === undefined ? 0 : held.transitions + 1,
      epoch,
    });
    const request = { body, signal: this.#signal, timeoutMs: this.#durations.renewMs };
    try {
      const answer =
        held === undefined
          ? await client.request("POST", collectionPath(resources.leases, namespace), request)
          : await client.request("PUT", objectPath(resources.leases, namespace, name), request);
      return parseLease(answer);
    } catch (error) {
      if (hasStatus(error, 409)) return undefined;
      throw error;
    }
  }

  async #lead(taken: Lease, takenAtMs: number): Promise<void> {
    const term = new AbortController();
    const stop = (): void => term.abort();
    this.#signal.addEventListener("abort", stop, { once: true });
    // The deadline runs beside the renewals: one that hangs must not keep the term alive. It counts from when
    // a renewal was sent, since others may count from when it took effect.
    const { renewMs, retryMs } = this.#durations;
    let endsAtMs = takenAtMs + renewMs;
    let deadline = setTimeout(stop, endsAtMs - performance.now());
    const isCurrent = (): boolean => !term.signal.aborted && performance.now() < endsAtMs;
    this.#options.onLead({ epoch: taken.epoch, signal: term.signal, isCurrent });
    let held = taken;
    while (!term.signal.aborted) {
      await sleep(retryMs, term.signal);
      if (term.signal.aborted) break;
      const sentAtMs = performance.now();
      try {
        const renewed = await this.#renew(held, term.signal);
        if (renewed === undefined || !isCurrent()) break;
        held = renewed;
        endsAtMs = sentAtMs + renewMs;
        clearTimeout(deadline);
        deadline = setTimeout(stop, endsAtMs - performance.now());
      } catch (error) {
        this.#report(error);
      }
    }
    clearTimeout(deadline);
    this.#signal.removeEventListener("abort", stop);
    term.abort();
    if (this.#signal.aborted) await this.#release(held);
  }

  /** The renewed Lease, or undefined when somebody else holds it. @throws KubeError when it is not known. */
  async #renew(held: Lease, signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    const path = objectPath(resources.leases, namespace, name);
    const timeoutMs = Math.max(100, this.#durations.renewMs / 2);
    try {
      const body = leaseBody({ ...held, held, leaseMs: this.#durations.leaseMs, renewedAtMs: Date.now() });
      return parseLease(await client.request("PUT", path, { body, signal, timeoutMs }));
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      if (!hasStatus(error, 409)) throw error;
      const now = parseLease(await client.request("GET", path, { signal, timeoutMs }));
      if (now.holder !== this.identity || now.epoch !== held.epoch) return undefined;
      const body = leaseBody({
        ...now,
        held: now,
        leaseMs: this.#durations.leaseMs,
        renewedAtMs: Date.now(),
      });
      return parseLease(await client.request("PUT", path, { body, signal, timeoutMs }));
    }
  }

  /** Gives the Lease back. When that fails, the next leader waits for its end; nothing else is lost. */
  async #release(held: Lease): Promise<void> {
    const { client, namespace, name } = this.#options;
    const body = leaseBody({ ...held, held, holder: "", leaseMs: 1_000, renewedAtMs: Date.now() });
    try {
      await client.request("PUT", objectPath(resources.leases, namespace, name), { body, timeoutMs: 2_000 });
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (!this.#signal.aborted)
      this.#options.onError?.(error instanceof Error ? error : new Error(messageOf(error)));
  }
}
