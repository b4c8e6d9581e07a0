// An event of the hub's journal as the command line shows it.

import type { admin } from "@sealane/wire";
import type { Kind } from "../print/document.ts";
import { ageOf, instant, orNull } from "./words.ts";

/** One item of an EventList. */
export interface Event {
  /** Grows with every occurrence in one run of the hub. */
  readonly sequence: number;
  /** From the closed list. */
  readonly kind: string;
  /** Null when it is about none. */
  readonly cluster: string | null;
  readonly subject: string;
  /** From the closed list; null unless the hub said no. */
  readonly reason: string | null;
  readonly count: number;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly message: string;
}

/** From the admin message. */
export function toEvent(event: admin.Event): Event {
  return {
    sequence: Number(event.sequence),
    kind: event.kind,
    cluster: orNull(event.cluster),
    subject: event.subject,
    reason: orNull(event.reason),
    count: event.count,
    firstAt: instant(event.firstUnixUs),
    lastAt: instant(event.atUnixUs),
    message: event.message,
  };
}

/** Of `get events`. */
export const eventKind: Kind<Event> = {
  word: "event",
  document: "EventList",
  name: (it) => String(it.sequence),
  columns: [
    { title: "AGE", cell: (it, { now }) => ageOf(it.lastAt, now) },
    { title: "EVENT", cell: (it) => it.kind, tone: (it) => (it.reason === null ? "plain" : "bad") },
    { title: "CLUSTER", cell: (it) => it.cluster ?? "" },
    { title: "SUBJECT", cell: (it) => it.subject },
    { title: "REASON", wide: true, cell: (it) => it.reason ?? "" },
    { title: "COUNT", wide: true, cell: (it) => String(it.count) },
    { title: "FIRST", wide: true, cell: (it) => it.firstAt ?? "" },
    { title: "MESSAGE", cell: (it, { format }) => (format === "wide" ? it.message : told(it)), wrap: true },
  ],
};

/** The message with what stands in columns of its own when there is room: `RangeOverlap: ...`, `(x3) ...`. */
function told({ count, reason, message }: Event): string {
  return [count > 1 ? `(x${count}) ` : "", reason === null ? "" : `${reason}: `, message].join("");
}
