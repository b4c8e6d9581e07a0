// What can be watched: how each is asked for, read from the stream, shown, and compared.

import type { admin } from "@sealane/wire";
import type { Kind } from "../print/document.ts";
import type { GetFlags } from "../verbs/resources.ts";
import { requireCluster } from "../verbs/resources.ts";
import type { Cluster } from "../views/cluster.ts";
import { clusterKind, toCluster } from "../views/cluster.ts";
import { eventKind, toEvent } from "../views/event.ts";
import { routeKind, toRoute } from "../views/route.ts";
import { serviceKind, toService } from "../views/service.ts";
import type { Memory } from "./memory.ts";
import { rememberEvents, rememberThings } from "./memory.ts";

/** The numbers of the admin API. */
export const watchedKinds = { clusters: 1, services: 2, routes: 3, events: 4 } as const;

/** Things of one kind that can be watched. */
export interface Watchable<T> {
  readonly word: keyof typeof watchedKinds;
  readonly description: string;
  readonly examples: readonly string[];
  readonly flags: readonly (keyof GetFlags)[];
  readonly kind: Kind<T>;
  /** Undefined when the thing is gone. */
  readonly read: (value: admin.WatchedItem["value"]) => T | undefined;
  readonly remember: () => Memory<T>;
  /** Throws a usage error when a flag that it needs is missing. */
  readonly check: (flags: GetFlags) => void;
}

const nothing = () => undefined;

const clusters: Watchable<Cluster> = {
  word: "clusters",
  description: "Clusters: agents that come and go, ranges, what was observed.",
  examples: ["sealane watch clusters", "sealane watch clusters -o json"],
  flags: ["cluster"],
  kind: clusterKind,
  read: (value) => (value.case === "cluster" ? toCluster(value.value) : undefined),
  remember: () => rememberThings(steady),
  check: nothing,
};

/** A cluster without what is different at every look. */
function steady(cluster: Cluster): unknown {
  const { lastSeen: _, frames: __, clockOffsetSeconds: ___, shardsWanted: ____, reports, ...rest } = cluster;
  return { ...rest, reports: reports.map(({ node, counts, findings }) => ({ node, counts, findings })) };
}

const services = watchable({
  word: "services",
  description: "Services: exports that come, go and conflict, pods that are ready.",
  examples: ["sealane watch services -n shop", "sealane watch services --cluster a"],
  flags: ["namespace", "cluster"],
  kind: serviceKind,
  read: (value) => (value.case === "service" ? toService(value.value) : undefined),
});

const routes = {
  ...watchable({
    word: "routes",
    description: "Routes wanted in one cluster's kernels, with their next hops.",
    examples: [
      "sealane watch routes --cluster b -o wide   # every next hop",
      "sealane watch routes --cluster a --node a1",
    ],
    flags: ["cluster", "node"],
    kind: routeKind,
    read: (value) => (value.case === "route" ? toRoute(value.value) : undefined),
  }),
  check: requireCluster,
};

const events = {
  ...watchable({
    word: "events",
    description: "What the hub decides and sees, as it happens.",
    examples: ["sealane watch events --since 10m", "sealane watch events --cluster b -o json"],
    flags: ["cluster", "since"],
    kind: eventKind,
    read: (value) => (value.case === "event" ? toEvent(value.value) : undefined),
  }),
  remember: rememberEvents,
};

function watchable<T>(definition: Omit<Watchable<T>, "remember" | "check">): Watchable<T> {
  return { ...definition, remember: () => rememberThings((item: T) => item), check: nothing };
}

/** Calls back with every watchable, in the order of the help, each under its own type. */
export function eachWatchable(use: <T>(watchable: Watchable<T>) => void): void {
  use(clusters);
  use(services);
  use(routes);
  use(events);
}
