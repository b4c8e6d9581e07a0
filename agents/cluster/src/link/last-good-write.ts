// Keeps what was received in the cluster, so that the next leader need not wait for the hub: written seldom, whole, and
// fenced by the leader's epoch. Before anything newer is used for long, the kept state is marked as behind.

import { setImmediate } from "node:timers/promises";
import type { Finding } from "@sealane/core";
import {
  lastGoodBytesPerSecondMax,
  lastGoodIntervalMs,
  lastGoodPieceBytesMax,
  lastGoodPiecesMax,
} from "@sealane/core";
import type { ShardTable } from "@sealane/wire";
import { createBackoff, sleep } from "../kube/backoff.ts";
import type { KubeClient } from "../kube/client.ts";
import { hasStatus, messageOf } from "../kube/error.ts";
import type { Term } from "../kube/lease.ts";
import type { Head, Owner, Standing } from "./last-good-form.ts";
import { formatHead, parseHead, piecesOf, sumOf } from "./last-good-form.ts";
import { lastGoodSecretName, pieceSecretName } from "./last-good-read.ts";
import { readStoredSecret, replaceSecret, writeSecret } from "./secrets.ts";

/** What to keep, and where. */
export interface LastGoodOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly term: Term;
  readonly owner: Owner;
  readonly received: ShardTable;
  /** What was read back at the start. */
  readonly standing: Standing | "none";
  readonly onProblem: (error: Error) => void;
  /** Shortest time between two writes, milliseconds. */
  readonly intervalMs?: number;
}

const retries = { minMs: 1_000, maxMs: 60_000 };

/** Writes until the term ends. */
export class LastGoodWriter {
  readonly #options: LastGoodOptions;
  /** Sums of the pieces as they are stored, as far as that is known. */
  readonly #written = new Map<number, string>();
  /** Of what is stored; undefined when nothing usable is. */
  #standing: Standing | undefined;
  #head: Head | undefined;
  #version: string | undefined;
  #changed = false;
  /** The hub has said all that it has since it was last connected. */
  #agreed = false;
  #finding: Finding | undefined;
  #wake = Promise.withResolvers<void>();
  #bytes = 0;

  constructor(options: LastGoodOptions) {
    this.#options = options;
    this.#standing = options.standing === "none" ? undefined : options.standing;
    options.term.signal.addEventListener("abort", () => this.#wake.resolve(), { once: true });
    void this.#run();
  }

  /** What is received changed. */
  note(): void {
    this.#changed = true;
    this.#wake.resolve();
  }

  /** The hub has said all that it has: a state that was marked as behind is written anew. */
  confirm(): void {
    this.#agreed = true;
    if (this.#standing === "behind") this.note();
  }

  /** The session is over: what comes with the next one is not all until the hub says so. */
  interrupt(): void {
    this.#agreed = false;
  }

  /** Why the state is not kept. */
  findings(): readonly Finding[] {
    return this.#finding === undefined ? [] : [this.#finding];
  }

  async #run(): Promise<void> {
    const { signal } = this.#options.term;
    const backoff = createBackoff(retries);
    while (!signal.aborted) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<void>();
      if (signal.aborted) return;
      // What changed during a pause was written after it.
      if (!this.#changed) continue;
      try {
        // What the change is for goes out first.
        await setImmediate();
        await this.#markBehind();
        await sleep(this.#pauseMs(), signal);
        if (!signal.aborted) await this.#store();
        backoff.reset();
      } catch (error) {
        if (error instanceof Superseded) return;
        this.#fail(messageOf(error));
        this.note();
        await sleep(backoff.next(), signal);
      }
    }
  }

  #pauseMs(): number {
    const shortestMs = this.#options.intervalMs ?? lastGoodIntervalMs;
    return Math.max(shortestMs, (this.#bytes / lastGoodBytesPerSecondMax) * 1_000);
  }

  /** What is kept is not all that was seen any more. */
  async #markBehind(): Promise<void> {
    if (this.#standing !== "current") return;
    await this.#readHead();
    if (this.#head !== undefined) await this.#writeHead({ ...this.#head, standing: "behind" });
  }

  async #store(): Promise<void> {
    const { owner, term, received } = this.#options;
    this.#changed = false;
    const pieces = await piecesOf(received);
    if (pieces === undefined) this.#fail(tooLarge);
    else this.#finding = undefined;
    const kept = pieces ?? [];
    this.#bytes = pieces === undefined ? bytesMax : kept.reduce((bytes, piece) => bytes + piece.length, 0);
    for (const [index, piece] of kept.entries()) await this.#writePiece(index, piece);
    await this.#readHead();
    const standing = this.#changed || !this.#agreed ? "behind" : "current";
    const head = { ...owner, epoch: term.epoch, standing, pieces: kept.length, sum: sumOf(kept) } as const;
    await this.#writeHead(head);
  }

  async #writePiece(index: number, piece: Uint8Array): Promise<void> {
    const sum = sumOf([piece]);
    if (this.#written.get(index) === sum) return;
    this.#written.delete(index);
    const { client, namespace } = this.#options;
    this.#fence();
    await writeSecret(client, namespace, pieceSecretName(index), { shards: piece });
    this.#written.set(index, sum);
  }

  /** Knows the head as it is stored; one that a later leader wrote ends this writer. */
  async #readHead(): Promise<void> {
    if (this.#version !== undefined) return;
    const { client, namespace, term } = this.#options;
    const stored = await readStoredSecret(client, namespace, lastGoodSecretName);
    this.#version = stored?.resourceVersion;
    this.#head = undefined;
    if (stored === undefined) return;
    try {
      this.#head = parseHead(stored.values);
    } catch {
      // Unreadable, so it is nobody's: it is written anew.
    }
    if (this.#head !== undefined && this.#head.epoch > term.epoch) throw new Superseded();
  }

  async #writeHead(head: Head): Promise<void> {
    const { client, namespace } = this.#options;
    this.#fence();
    const held = { namespace, name: lastGoodSecretName, resourceVersion: this.#version };
    try {
      this.#version = await replaceSecret(client, held, formatHead(head));
    } catch (error) {
      // Somebody else wrote it, or it is gone: it is read again before the next attempt.
      if (hasStatus(error, 409) || hasStatus(error, 404)) this.#version = undefined;
      throw error;
    }
    this.#head = head;
    this.#standing = head.pieces === 0 ? undefined : head.standing;
  }

  #fence(): void {
    if (!this.#options.term.isCurrent()) throw new Superseded();
  }

  #fail(message: string): void {
    if (this.#finding?.message === message) return;
    this.#finding = { subject: lastGoodSecretName, reason: "LastGoodNotKept", message };
    this.#options.onProblem(new Error(`The last good state is not kept: ${message}`));
  }
}

/** Another leader is newer, or this one's term is over. */
class Superseded extends Error {}

const bytesMax = lastGoodPieceBytesMax * lastGoodPiecesMax;

const tooLarge =
  `what was received needs more than ${bytesMax / 1024} KiB, compressed. ` +
  `An agent that starts while the hub is away will hold what is in the cluster and add nothing.`;
