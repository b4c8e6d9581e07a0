// What `sealane get` can list: how each resource is asked for, filtered and shown.

import type { Command } from "commander";
import { Option } from "commander";
import type { Hub } from "../connect/hub.ts";
import { CliError, usageError } from "../error.ts";
import type { Io } from "../io.ts";
import type { Kind } from "../print/document.ts";
import { clusterKind, toCluster } from "../views/cluster.ts";
import { eventKind, toEvent } from "../views/event.ts";
import { nameKind, toName } from "../views/name.ts";
import { rangeListKind, toRange } from "../views/range.ts";
import { routeKind, toRoute } from "../views/route.ts";
import { serviceKind, toService } from "../views/service.ts";
import type { GlobalFlags } from "./verb.ts";
import { print, sinceSeconds } from "./verb.ts";

/** The flags that narrow a list. */
export interface GetFlags {
  readonly namespace?: string;
  readonly cluster?: string;
  readonly node?: string;
  /** Seconds. */
  readonly since?: number;
}

const narrowing = {
  namespace: ["-n, --namespace <namespace>", "only this namespace (all without it)"],
  cluster: ["--cluster <name>", "only this cluster"],
  node: ["--node <name>", "also what this node announces"],
  since: ["--since <duration>", "only what happened in this last while"],
} as const satisfies Record<keyof GetFlags, readonly [string, string]>;

/** Adds those of the narrowing flags that a resource takes. */
export function addNarrowing(command: Command, flags: readonly (keyof GetFlags)[]): void {
  for (const flag of flags) {
    const [syntax, meaning] = narrowing[flag];
    const option = new Option(syntax, meaning);
    command.addOption(flag === "since" ? option.argParser(sinceSeconds) : option);
  }
}

/** Routes are one cluster's: throws a usage error when none is named. */
export function requireCluster({ cluster }: GetFlags): void {
  if (cluster !== undefined) return;
  const must = "--cluster must name the cluster in whose kernels the routes are";
  throw usageError("--cluster", "Cannot list routes: no cluster is named", must, "sealane get clusters");
}

interface Head {
  /** The plural, then what else it is called. */
  readonly words: readonly [plural: string, ...others: string[]];
  readonly description: string;
  /** What its names are called in the help. */
  readonly filter: string;
  readonly examples: readonly string[];
  /** Which of the narrowing flags it takes. */
  readonly flags: readonly (keyof GetFlags)[];
}

/** A resource that can be listed. */
export interface Resource extends Head {
  /** Throws a usage error when a flag that it needs is missing; before any hub is asked. */
  readonly check: (flags: GetFlags) => void;
  readonly print: (
    hub: Hub,
    flags: GetFlags & GlobalFlags,
    names: readonly string[],
    io: Io,
  ) => Promise<void>;
}

interface Definition<T> extends Head {
  readonly kind: Kind<T>;
  readonly load: (hub: Hub, flags: GetFlags) => Promise<readonly T[]>;
  /** Whether an argument names the item; by its full name unless said otherwise. */
  readonly named?: (item: T, name: string) => boolean;
  readonly check?: (flags: GetFlags) => void;
}

function define<T>(definition: Definition<T>): Resource {
  const { kind, load, check } = definition;
  return {
    ...definition,
    check: check ?? (() => undefined),
    print: async (hub, flags, names, io) => {
      const items = choose(definition, await load(hub, flags), names);
      await print({ kind, items }, flags.output, io);
    },
  };
}

/** The items that the names mean, in the hub's order; all without names. Throws NotFound for a name of nothing. */
function choose<T>(
  { kind, named, words: [plural] }: Definition<T>,
  items: readonly T[],
  names: readonly string[],
) {
  if (names.length === 0) return items;
  const means = (item: T, name: string) => kind.name(item) === name || named?.(item, name) === true;
  const prefix = `${kind.word}/`;
  const chosen = names.map((name) => {
    const found = items.filter((item) => means(item, name));
    if (found.length > 0 || !name.startsWith(prefix)) return found;
    return items.filter((item) => means(item, name.slice(prefix.length)));
  });
  const absent = names.filter((_, index) => chosen[index]?.length === 0);
  if (absent.length === 0) return items.filter((item) => chosen.some((found) => found.includes(item)));
  throw new CliError({
    reason: "NotFound",
    object: absent.map((name) => (name.startsWith(prefix) ? name : prefix + name)).join(", "),
    message: `Cannot find ${kind.word} ${absent.map((name) => `"${name}"`).join(", ")}: the hub has none of that name`,
    must: "",
    next: `sealane get ${plural}`,
  });
}

const clusters = define({
  words: ["clusters", "cluster"],
  description: "Clusters, with their agents and how far each has got.",
  filter: "NAME",
  examples: ["sealane get clusters", "sealane get cluster a -o yaml"],
  flags: [],
  kind: clusterKind,
  load: async (hub) => {
    const answer = await hub.ask("list clusters", "", (client, options) => client.listClusters({}, options));
    return answer.clusters.map(toCluster);
  },
});

const services = define({
  words: ["services", "service", "svc"],
  description: "Services that clusters export, every name's exports fused.",
  filter: "NAME",
  examples: ["sealane get services", "sealane get services -n shop", "sealane get service shop/web -o wide"],
  flags: ["namespace", "cluster"],
  kind: serviceKind,
  named: (item, name) => item.name === name,
  load: async (hub, { namespace = "", cluster }) => {
    const answer = await hub.ask("list services", namespace && `namespace/${namespace}`, (client, options) =>
      client.listServices({ namespace }, options),
    );
    const all = answer.services.map(toService);
    return cluster === undefined
      ? all
      : all.filter((it) => it.exports.some((part) => part.cluster === cluster));
  },
});

const routes = define({
  words: ["routes", "route"],
  description: "Routes wanted in one cluster's kernels, and those withheld with their reasons.",
  filter: "PREFIX",
  examples: ["sealane get routes --cluster b", "sealane get routes --cluster a --node a1 -o wide"],
  flags: ["cluster", "node"],
  kind: routeKind,
  check: requireCluster,
  load: async (hub, { cluster = "", node = "" }) => {
    const answer = await hub.ask("list routes", `cluster/${cluster}`, (client, options) =>
      client.listRoutes({ cluster, node }, options),
    );
    return answer.routes.map(toRoute);
  },
});

const names = define({
  words: ["names", "name"],
  description: "Zones and service names, with who answers them.",
  filter: "NAME",
  examples: ["sealane get names", "sealane get names -n shop", "sealane get names --cluster a"],
  flags: ["namespace", "cluster"],
  kind: nameKind,
  load: async (hub, { namespace, cluster }) => {
    const answer = await hub.ask("list names", "", (client, options) => client.listNames({}, options));
    return answer.names
      .map(toName)
      .filter((it) => cluster === undefined || it.cluster === cluster)
      .filter((it) => namespace === undefined || namespaceOf(it.name) === namespace);
  },
});

const ranges = define({
  words: ["ranges", "range"],
  description: "Address ranges with the address book's verdicts.",
  filter: "PREFIX",
  examples: ["sealane get ranges", "sealane get ranges --cluster d -o wide"],
  flags: ["cluster"],
  kind: rangeListKind,
  load: async (hub, { cluster = "" }) => {
    const answer = await hub.ask("list ranges", cluster && `cluster/${cluster}`, (client, options) =>
      client.listRanges({ cluster }, options),
    );
    return answer.ranges.map(toRange);
  },
});

const events = define({
  words: ["events", "event"],
  description: "What the hub decided and saw since its start, oldest first.",
  filter: "SEQUENCE",
  examples: ["sealane get events", "sealane get events --cluster b --since 1h", "sealane get events -o wide"],
  flags: ["cluster", "since"],
  kind: eventKind,
  load: async (hub, { cluster = "", since = 0 }) => {
    const answer = await hub.ask("list events", cluster && `cluster/${cluster}`, (client, options) =>
      client.listEvents({ cluster, withinSeconds: since }, options),
    );
    return answer.events.map(toEvent);
  },
});

/** Every resource, in the order of the help. */
export const resources: readonly Resource[] = [clusters, services, routes, names, ranges, events];

/** `shop` of `web.shop.svc.clusterset.local`; undefined for zones. */
function namespaceOf(name: string): string | undefined {
  const [, namespace, svc] = name.split(".");
  return svc === "svc" ? namespace : undefined;
}
