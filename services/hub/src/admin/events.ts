// The journal for people: as a list here, as a stream in watch.ts.

import type { AdminHandlers, admin } from "@sealane/wire";
import { nowUnixUs } from "@sealane/wire";
import type { Journal, JournalEvent } from "../journal/journal.ts";

/** An event as the admin API gives it. */
export type EventInit = Omit<admin.Event, "$typeName">;

/** ListEvents. `startedUnixUs` is since when the journal is kept. */
export function eventVerbs(journal: Journal, startedUnixUs: bigint): Pick<AdminHandlers, "listEvents"> {
  return {
    listEvents: async ({ cluster, withinSeconds }) => ({
      events: journal.after(0).filter(wantedEvents(cluster, withinSeconds)).map(eventInit),
      sinceUnixUs: startedUnixUs,
    }),
  };
}

/** Whether an event is about the cluster (any, when empty) and from the last `withinSeconds` (ever, when 0). */
export function wantedEvents(cluster: string, withinSeconds: number): (event: JournalEvent) => boolean {
  const from = withinSeconds === 0 ? 0n : nowUnixUs() - BigInt(withinSeconds) * 1_000_000n;
  return (event) => (cluster === "" || event.cluster === cluster) && event.atUnixUs >= from;
}

/** As it travels. */
export function eventInit(event: JournalEvent): EventInit {
  const { sequence, atUnixUs, firstUnixUs, count, kind, cluster, subject, reason = "", message } = event;
  return {
    sequence: BigInt(sequence),
    atUnixUs,
    firstUnixUs,
    count,
    kind,
    cluster,
    subject,
    reason,
    message,
  };
}
