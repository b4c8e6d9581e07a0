// Remembers what the hub decided and saw, bounded and in memory: the latest of each thing, with how often it
// occurred. It starts empty with the hub; the log keeps every line for longer.

import { eventMessageCharsMax, eventsPerKindMax } from "@sealane/core";
import type { EventKind, Reason } from "@sealane/core";

/** Something that happened. */
export interface Occurrence {
  readonly kind: EventKind;
  /** The cluster that it is about; empty when about none. */
  readonly cluster: string;
  /** `session`, `range/PREFIX`, `service/NAMESPACE/NAME`, `token/ID`, `document/FILE:LINE` or `hub`. */
  readonly subject: string;
  /** Where the hub said no. */
  readonly reason?: Reason;
  /** For a person. */
  readonly message: string;
}

/** Occurrences of one kind about one subject for one reason. */
export interface JournalEvent extends Occurrence {
  /** Of the last occurrence; later ones have greater ones. */
  readonly sequence: number;
  /** The last occurrence, Unix microseconds. */
  readonly atUnixUs: bigint;
  /** The first occurrence that is remembered. */
  readonly firstUnixUs: bigint;
  readonly count: number;
}

/** The journal of one run of the hub. */
export class Journal {
  readonly #nowUnixUs: () => bigint;
  readonly #onNoted: (kind: EventKind) => void;
  /** By kind, so that a burst of one kind forgets nothing of the others; then by what repeats, oldest first. */
  readonly #kinds = new Map<EventKind, Map<string, JournalEvent>>();
  #last = 0;
  #forgotten = 0;

  /** `onNoted` hears of every occurrence. */
  constructor(nowUnixUs: () => bigint, onNoted: (kind: EventKind) => void = () => undefined) {
    this.#nowUnixUs = nowUnixUs;
    this.#onNoted = onNoted;
  }

  /** The sequence of the newest event; 0 when there is none. */
  get last(): number {
    return this.#last;
  }

  /** Adds an occurrence, or counts one more of the same. */
  note(occurrence: Occurrence): void {
    const { kind, cluster, subject, reason = "", message } = occurrence;
    const events = this.#kinds.get(kind) ?? new Map<string, JournalEvent>();
    this.#kinds.set(kind, events);
    const key = [cluster, subject, reason].join("\n");
    const before = events.get(key);
    const atUnixUs = this.#nowUnixUs();
    this.#last += 1;
    events.delete(key);
    events.set(key, {
      ...occurrence,
      message: bounded(message),
      sequence: this.#last,
      atUnixUs,
      firstUnixUs: before?.firstUnixUs ?? atUnixUs,
      count: (before?.count ?? 0) + 1,
    });
    if (events.size > eventsPerKindMax) this.#forgetOldest(events);
    this.#onNoted(kind);
  }

  /** Events with a later sequence, in order. */
  after(sequence: number): readonly JournalEvent[] {
    if (sequence >= this.#last) return [];
    const found: JournalEvent[] = [];
    for (const events of this.#kinds.values()) {
      for (const event of events.values()) if (event.sequence > sequence) found.push(event);
    }
    return found.toSorted((a, b) => a.sequence - b.sequence);
  }

  /** Whether an event with a later sequence is no longer remembered. */
  hasForgottenSince(sequence: number): boolean {
    return this.#forgotten > sequence;
  }

  #forgetOldest(events: Map<string, JournalEvent>): void {
    for (const [key, { sequence }] of events) {
      events.delete(key);
      this.#forgotten = Math.max(this.#forgotten, sequence);
      return;
    }
  }
}

function bounded(message: string): string {
  return message.length <= eventMessageCharsMax ? message : `${message.slice(0, eventMessageCharsMax - 1)}…`;
}
