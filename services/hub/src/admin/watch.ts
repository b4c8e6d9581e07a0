// Watching: what is, then what changes. Nothing is queued for a reader: when it has taken one message, what is then is
// compared with what it was last told. So a slow reader gets the latest of each key, and costs what a fast one does.

import { setTimeout as sleep } from "node:timers/promises";
import * as grpc from "@grpc/grpc-js";
import { viewOf, watchesMax } from "@sealane/core";
import type { World } from "@sealane/core";
import type { AdminHandlers } from "@sealane/wire";
import { WatchedKind } from "@sealane/wire";
import type { Journal, JournalEvent } from "../journal/journal.ts";
import { CallError } from "../server/peers.ts";
import { Differences, digestOf } from "./differences.ts";
import type { Difference, Keyed } from "./differences.ts";
import type { EventInit } from "./events.ts";
import { eventInit, wantedEvents } from "./events.ts";
import { listRoutes, marksOfService, serviceInfo, serviceRows } from "./lists.ts";
import type { ClusterInit } from "./status.ts";

/** Between two looks at what may have changed. */
const lookMs = 200;
/** Reading for all watches together may take one part in this many of the hub's time. */
const shareOfTime = 10;
/** Things in one message; they are made when it is, and between two messages others have their turn. */
const itemsPerMessage = 100;

/** What can be watched. */
export interface WatchSource {
  readonly world: () => World;
  readonly clusters: () => readonly ClusterInit[];
  readonly journal: Journal;
  /** Aborted when the hub stops. */
  readonly stopping: AbortSignal;
}

type Request = Parameters<AdminHandlers["watch"]>[0];

type WatchedValue =
  | { readonly case: "cluster"; readonly value: ClusterInit }
  | { readonly case: "service"; readonly value: ReturnType<typeof serviceInfo> }
  | { readonly case: "route"; readonly value: ReturnType<typeof listRoutes>[number] }
  | { readonly case: "event"; readonly value: EventInit };

/** What one look found. */
interface Found {
  readonly items: readonly Difference<WatchedValue>[];
  /** Whether events were forgotten before they could be sent. */
  readonly missed: boolean;
}

/** Watch. */
export function watchVerbs(source: WatchSource): Pick<AdminHandlers, "watch"> {
  let open = 0;
  return {
    watch: async function* (request, _, gone) {
      if (open >= watchesMax) {
        throw new CallError(
          grpc.status.RESOURCE_EXHAUSTED,
          `The hub serves ${watchesMax} watches already: end one, or ask with sealane get.`,
        );
      }
      open += 1;
      try {
        const ended = AbortSignal.any([gone, source.stopping]);
        yield* messages(lookerFor(source, request), ended, () => open);
      } finally {
        open -= 1;
      }
      if (gone.aborted) return;
      throw new CallError(grpc.status.UNAVAILABLE, "The hub is stopping; connect again.");
    },
  };
}

async function* messages(look: () => Found, ended: AbortSignal, watches: () => number) {
  let isFirst = true;
  while (!ended.aborted) {
    const began = performance.now();
    const { items, missed } = look();
    const pauseMs = Math.max(lookMs, (performance.now() - began) * shareOfTime * watches());
    const parts = Math.max(Math.ceil(items.length / itemsPerMessage), isFirst || missed ? 1 : 0);
    for (let part = 0; part < parts; part++) {
      const slice = items.slice(part * itemsPerMessage, (part + 1) * itemsPerMessage);
      const made = slice.map(({ key, value }) => (value === undefined ? { key } : { key, value: value() }));
      yield { items: made, current: isFirst && part === parts - 1, missed: missed && part === 0 };
    }
    isFirst = false;
    await sleep(pauseMs, undefined, { signal: ended }).catch(() => undefined);
  }
}

function lookerFor(
  source: WatchSource,
  { kind, cluster, namespace, node, withinSeconds }: Request,
): () => Found {
  const { world } = source;
  const only = (name: string) => cluster === "" || cluster === name;
  switch (kind) {
    case WatchedKind.CLUSTERS:
      return compare(() =>
        source
          .clusters()
          .filter(({ name }) => only(name))
          .map(watchedCluster),
      );
    case WatchedKind.SERVICES:
      return whenChanged(world, (now) =>
        serviceRows(now, namespace)
          .filter(({ fused }) => cluster === "" || fused.statuses.has(cluster))
          .map((row) => ({
            key: `${row.namespace}/${row.name}`,
            marks: marksOfService(now, row),
            value: () => ({ case: "service", value: serviceInfo(viewOf(now), row) }),
          })),
      );
    case WatchedKind.ROUTES:
      return whenChanged(world, (now) =>
        listRoutes(now, cluster, node).map((value) => ({
          key: `${value.kind} ${value.prefix}`,
          marks: [digestOf(value)],
          value: () => ({ case: "route", value }),
        })),
      );
    case WatchedKind.EVENTS:
      return events(source.journal, wantedEvents(cluster, withinSeconds));
    case WatchedKind.UNSPECIFIED:
    default:
      throw new CallError(
        grpc.status.INVALID_ARGUMENT,
        `Cannot watch kind ${kind}: this hub does not know it.`,
      );
  }
}

/** What is seen of a cluster whatever happens (beats, stamps, counters of frames) is no change of it. */
function watchedCluster(value: ClusterInit): Keyed<WatchedValue> {
  const { name, state, version, address, nodes, exports, rangesAdmitted, rangesQuarantined, asn } = value;
  const reports = value.reports.map(({ node, counts, findings }) => ({ node, counts, findings }));
  return {
    key: name,
    marks: [
      digestOf([state, version, address, nodes, exports, rangesAdmitted, rangesQuarantined, asn, reports]),
    ],
    value: () => ({ case: "cluster", value }),
  };
}

function compare(read: () => readonly Keyed<WatchedValue>[]): () => Found {
  const differences = new Differences<WatchedValue>();
  return () => ({ items: differences.since(read()), missed: false });
}

/** Reads again only when the world is another one. */
function whenChanged(
  world: () => World,
  read: (world: World) => readonly Keyed<WatchedValue>[],
): () => Found {
  const differences = new Differences<WatchedValue>();
  let seen: World | undefined;
  return () => {
    const now = world();
    if (now === seen) return { items: [], missed: false };
    seen = now;
    return { items: differences.since(read(now)), missed: false };
  };
}

function events(journal: Journal, isWanted: (event: JournalEvent) => boolean): () => Found {
  let sent = 0;
  return () => {
    const missed = sent > 0 && journal.hasForgottenSince(sent);
    const items = journal
      .after(sent)
      .filter(isWanted)
      .map((event) => ({
        key: `${event.sequence}@${event.atUnixUs}`,
        value: () => ({ case: "event" as const, value: eventInit(event) }),
      }));
    sent = journal.last;
    return { items, missed };
  };
}
