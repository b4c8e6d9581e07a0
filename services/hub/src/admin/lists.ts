// What the hub decided, as lists: services, routes, names, ranges. The same functions answer here that agents
// decide with, over the same world.

import * as grpc from "@grpc/grpc-js";
import { comparePrefixText, compareText, localiseRoutes, viewOf } from "@sealane/core";
import type { FusedService, View, World } from "@sealane/core";
import type { AdminHandlers } from "@sealane/wire";
import { toWireMerged, toWireVerdict } from "@sealane/wire";
import { CallError } from "../server/peers.ts";
import { listNames } from "./names.ts";

interface RouteInit {
  readonly prefix: string;
  readonly kind: string;
  readonly nextHops?: string[];
  readonly cluster: string;
  readonly purpose: string;
  readonly reason?: string;
  readonly message?: string;
}

/** ListServices, ListRoutes, ListNames, ListRanges. */
export function listVerbs(
  world: () => World,
): Pick<AdminHandlers, "listServices" | "listRoutes" | "listNames" | "listRanges"> {
  return {
    listServices: async ({ namespace }) => ({ services: listServices(world(), namespace) }),
    listRoutes: async ({ cluster, node }) => ({ routes: listRoutes(world(), cluster, node) }),
    listNames: async () => ({ names: listNames(viewOf(world())) }),
    listRanges: async ({ cluster }) => ({ ranges: listRanges(world(), cluster) }),
  };
}

function listServices(world: World, only: string) {
  const view = viewOf(world);
  return serviceRows(world, only).map((row) => serviceInfo(view, row));
}

/** One name's exports as the world has them. */
export interface ServiceRow {
  readonly namespace: string;
  readonly name: string;
  readonly fused: FusedService;
}

/** Services of the namespace (all, when empty), sorted by namespace and name. */
export function serviceRows(world: World, only: string): readonly ServiceRow[] {
  const namespaces = [...world.services.keys()].filter((namespace) => only === "" || namespace === only);
  return namespaces.toSorted(compareText).flatMap((namespace) => {
    const names = [...(world.services.get(namespace) ?? [])].toSorted(([a], [b]) => compareText(a, b));
    return names.map(([name, fused]) => ({ namespace, name, fused }));
  });
}

/** A service as the admin API gives it. */
export function serviceInfo(view: View, { namespace, name, fused: { service, statuses } }: ServiceRow) {
  return {
    namespace,
    name,
    ...(service === undefined ? {} : { service: toWireMerged(service) }),
    exports: Object.fromEntries(
      [...statuses].map(([cluster, { accepted, reason = "", conflicts, message }]) => [
        cluster,
        { accepted, reason, conflicts: [...conflicts], message },
      ]),
    ),
    ...countPods(view, [...statuses.keys()], namespace, name),
  };
}

/** Parts of the world that `serviceInfo` is made of: while all are the same, so is what it gives. */
export function marksOfService(world: World, { namespace, name, fused }: ServiceRow): readonly unknown[] {
  const clusters = [...fused.statuses.keys()];
  return [
    fused,
    ...clusters.flatMap((cluster) => [
      world.admissions.get(cluster),
      world.leaving.get(cluster),
      world.origins.get(cluster)?.reach.get(namespace)?.services.get(name),
    ]),
  ];
}

function countPods(
  view: View,
  clusters: readonly string[],
  namespace: string,
  name: string,
): { ready: number; pods: number } {
  const reach = clusters.flatMap((cluster) => [...view.reach(cluster, namespace, name)]);
  const pods = reach.flatMap(([, { groups }]) => groups.flatMap((group) => group.pods));
  // Groups differ in ports, so one pod may stand in several; it is one pod by its first address.
  const ready = new Map<string, boolean>();
  for (const pod of pods)
    ready.set(pod.addresses[0] ?? pod.pod, pod.ready || (ready.get(pod.addresses[0] ?? pod.pod) ?? false));
  return { ready: [...ready.values()].filter(Boolean).length, pods: ready.size };
}

/** Routes wanted and withheld in a cluster, by prefix. Throws CallError when it or the node is unknown. */
export function listRoutes(world: World, cluster: string, node: string) {
  requireCluster(world, cluster);
  const view = viewOf(world);
  if (node !== "" && ![...view.nodes(cluster)].some(([name]) => name === node)) {
    throw new CallError(grpc.status.NOT_FOUND, `Cluster "${cluster}" reports no node "${node}".`);
  }
  const { install, originate, withheld } = localiseRoutes(
    view,
    { cluster, node, onLink: undefined },
    undefined,
  );
  const routes: RouteInit[] = [
    ...install.map(({ nextHops, ...route }) => ({ ...route, kind: "install", nextHops: [...nextHops] })),
    ...originate.map((route) => ({ ...route, kind: "originate", cluster })),
    ...withheld.map((route) => ({ ...route, kind: "withheld" })),
  ];
  return routes.toSorted((a, b) => comparePrefixText(a.prefix, b.prefix) || compareText(a.kind, b.kind));
}

function listRanges(world: World, only: string) {
  if (only !== "") requireCluster(world, only);
  const ranges = [...world.admissions].flatMap(([cluster, { verdicts }]) =>
    only === "" || cluster === only ? verdicts.map((verdict) => ({ cluster, verdict })) : [],
  );
  const sorted = ranges.toSorted(
    (a, b) => compareRanges(a.verdict.prefix, b.verdict.prefix) || compareText(a.cluster, b.cluster),
  );
  return sorted.map(({ cluster, verdict }) => ({ cluster, range: toWireVerdict(verdict) }));
}

/** Text that is no prefix is shown too, after all that is one. */
function compareRanges(a: string, b: string): number {
  try {
    return comparePrefixText(a, b);
  } catch {
    return compareText(a, b);
  }
}

/** Refuses a name that no cluster has, since an empty list would say something else. */
function requireCluster(world: World, cluster: string): void {
  if (world.origins.has(cluster)) return;
  const known = [...world.origins.keys()].toSorted(compareText).map((name) => `"${name}"`);
  throw new CallError(
    grpc.status.NOT_FOUND,
    `No cluster "${cluster}" is a member. ${known.length === 0 ? "There is none yet." : `Members: ${known.join(", ")}.`}`,
  );
}
