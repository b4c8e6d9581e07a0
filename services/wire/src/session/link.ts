// The half of a session that both sides share: frames out of an outbox at the pace of the peer, receipts,
// beats that keep it alive and measure the clocks, and the end of a silent peer. Writes nothing that the stream
// does not take, and queues nothing: what is due waits as its newest value. Knows no gRPC.

import { ackDelayMs, beatIntervalMs, flushIntervalMs, sessionSilenceMs } from "@sealane/core";
import type { Outbox } from "../outbox.ts";
import type { Beat, Either } from "./messages.ts";

/** What a link needs from the stream it runs on; `Offer` is what one side sends beside frames, acks and beats. */
export interface LinkStream<Offer = never> {
  /** Writes a message; false when the stream wants `drained` before more. */
  readonly send: (message: Either | Offer) => boolean;
  /** The peer said nothing for `sessionSilenceMs`. */
  readonly onSilence: () => void;
  /** No whole shard is owed any more since the session opened. Called once. */
  readonly onCaughtUp?: () => void;
}

/** What a link counts. */
export interface LinkCounts {
  readonly framesSent: bigint;
  readonly framesAcked: bigint;
  readonly framesReceived: bigint;
  /** The peer's clock minus ours, microseconds; undefined while unmeasured. */
  readonly clockOffsetUs: bigint | undefined;
}

/** Unix microseconds by this machine's clock. */
export function nowUnixUs(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));
}

/** One session's sending half and its timers. Close it when the stream ends. */
export class Link<Offer = never> {
  readonly #stream: LinkStream<Offer>;
  readonly #outbox: Outbox | undefined;
  readonly #offers = new Map<string, Offer>();
  #writable = true;
  #ackDue = false;
  #caughtUp = false;
  #scheduled = false;
  #closed = false;
  #flushedAtMs = 0;
  #framesSent = 0n;
  #framesAcked = 0n;
  #framesReceived = 0n;
  #clockOffsetUs: bigint | undefined;
  #lastBeat: { readonly sentUnixUs: bigint; readonly arrivedUnixUs: bigint } | undefined;
  #ackTimer: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout;
  readonly #beats: NodeJS.Timeout;

  constructor(stream: LinkStream<Offer>, outbox: Outbox | undefined) {
    this.#stream = stream;
    this.#outbox = outbox;
    this.#silence = this.#watchSilence();
    this.#beats = setInterval(() => this.#beat(), beatIntervalMs);
    this.#beat();
    this.wake();
  }

  /** Something may be owed: sends it at once when idle, else at most every `flushIntervalMs`. */
  wake(): void {
    this.#tellCaughtUp();
    if (this.#scheduled || this.#closed || this.#outbox === undefined || this.#outbox.idle) return;
    this.#scheduled = true;
    const waitMs = this.#flushedAtMs + flushIntervalMs - performance.now();
    // A microtask gathers what this turn still brings and costs no wait.
    if (waitMs <= 0) queueMicrotask(() => this.#flush());
    else setTimeout(() => this.#flush(), waitMs);
  }

  /** The stream takes more. */
  drained(): void {
    this.#writable = true;
    this.#sendDue();
    this.wake();
  }

  /** Sends a message as soon as the stream takes it; until then a newer one of the same key replaces it. */
  offer(key: string, message: Offer): void {
    this.#offers.set(key, message);
    this.#sendDue();
  }

  /** A message arrived. Frames are the caller's to apply; this acknowledges them. */
  received(message: Either | undefined): void {
    this.#silence.refresh();
    if (message === undefined) return;
    switch (message.case) {
      case "frame":
        this.#framesReceived = message.value.number;
        this.#ackTimer ??= setTimeout(() => this.#ack(), ackDelayMs);
        break;
      case "ack":
        this.#framesAcked = message.value.frame;
        break;
      case "beat":
        this.#measure(message.value);
        break;
    }
  }

  get counts(): LinkCounts {
    return {
      framesSent: this.#framesSent,
      framesAcked: this.#framesAcked,
      framesReceived: this.#framesReceived,
      clockOffsetUs: this.#clockOffsetUs,
    };
  }

  /** Stops timers and sending; the stream itself is the caller's. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#ackTimer);
    clearTimeout(this.#silence);
    clearInterval(this.#beats);
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#closed || !this.#writable || this.#outbox === undefined) return;
    const sections = this.#outbox.next();
    if (sections === undefined) return;
    this.#flushedAtMs = performance.now();
    this.#framesSent += 1n;
    this.#send({ case: "frame", value: { number: this.#framesSent, sections } });
    this.wake();
  }

  #tellCaughtUp(): void {
    if (this.#caughtUp || this.#closed || this.#outbox?.caughtUp !== true) return;
    this.#caughtUp = true;
    this.#stream.onCaughtUp?.();
  }

  /** One receipt for all frames of a moment, and never between a frame and what it causes. */
  #ack(): void {
    this.#ackTimer = undefined;
    this.#ackDue = true;
    this.#sendDue();
  }

  /** What is no frame and waited for the stream, as far as it takes it. */
  #sendDue(): void {
    if (this.#ackDue && this.#writable) {
      this.#ackDue = false;
      this.#send({ case: "ack", value: { frame: this.#framesReceived } });
    }
    for (const [key, message] of this.#offers) {
      if (!this.#writable || this.#closed) return;
      this.#offers.delete(key);
      this.#send(message);
    }
  }

  #send(message: Either | Offer): void {
    if (!this.#closed && !this.#stream.send(message)) this.#writable = false;
  }

  /** A stream that takes nothing more has enough on the way to keep the session alive. */
  #beat(): void {
    if (!this.#writable) return;
    const sentUnixUs = nowUnixUs();
    const last = this.#lastBeat;
    const heldUs = last === undefined ? 0n : sentUnixUs - last.arrivedUnixUs;
    this.#send({ case: "beat", value: { sentUnixUs, echoUnixUs: last?.sentUnixUs ?? 0n, heldUs } });
  }

  /** Offset as in NTP (RFC 5905), from one echo: the way there is taken to be as long as the way back. */
  #measure({ sentUnixUs, echoUnixUs, heldUs }: Beat): void {
    const now = nowUnixUs();
    const first = this.#lastBeat === undefined;
    this.#lastBeat = { sentUnixUs, arrivedUnixUs: now };
    if (first) this.#beat();
    if (echoUnixUs === 0n) return;
    const roundTripUs = now - echoUnixUs - heldUs;
    this.#clockOffsetUs = sentUnixUs + roundTripUs / 2n - now;
  }

  #watchSilence(): NodeJS.Timeout {
    return setTimeout(() => this.#stream.onSilence(), sessionSilenceMs);
  }
}
