// The whole mesh at one moment, as one value: what the hub answers through its admin API, and what every agent has
// rendered. Judges nothing.

import type { Hub } from "../../services/cli/src/connect/hub.ts";
import { CliError } from "../../services/cli/src/error.ts";
import type { Cluster } from "../../services/cli/src/views/cluster.ts";
import { toCluster } from "../../services/cli/src/views/cluster.ts";
import type { Name } from "../../services/cli/src/views/name.ts";
import { toName } from "../../services/cli/src/views/name.ts";
import type { Range } from "../../services/cli/src/views/range.ts";
import { toRange } from "../../services/cli/src/views/range.ts";
import type { Route } from "../../services/cli/src/views/route.ts";
import { toRoute } from "../../services/cli/src/views/route.ts";
import type { Service } from "../../services/cli/src/views/service.ts";
import { toService } from "../../services/cli/src/views/service.ts";
import type { Inputs, InputsReader } from "./manifests.ts";
import type { Rendered } from "./rendered.ts";
import { readRendered } from "./rendered.ts";
import { placesOf } from "./site.ts";
import type { Site } from "./site.ts";

/** Everything that is known now. */
export interface Picture {
  readonly clusters: readonly Cluster[];
  readonly ranges: readonly Range[];
  readonly services: readonly Service[];
  readonly names: readonly Name[];
  /** What the hub wants in the kernels of each cluster that is connected. */
  readonly wanted: ReadonlyMap<string, readonly Route[]>;
  /** What the agents have rendered, by cluster. */
  readonly rendered: ReadonlyMap<string, Rendered>;
  /** What the manifests say, by cluster. */
  readonly inputs: ReadonlyMap<string, Inputs>;
}

/** Takes the picture. Rejects when the hub does not answer. */
export async function look(hub: Hub, site: Site, readInputs: InputsReader): Promise<Picture> {
  const status = await hub.ask("get the status", "", (client, options) => client.getStatus({}, options));
  const clusters = status.clusters.map(toCluster);
  const connected = clusters.filter(({ agent }) => agent === "ready").map(({ name }) => name);
  const [ranges, services, names, wanted, rendered, inputs] = await Promise.all([
    hub.ask("list ranges", "", (client, options) => client.listRanges({}, options)),
    hub.ask("list services", "", (client, options) => client.listServices({}, options)),
    hub.ask("list names", "", (client, options) => client.listNames({}, options)),
    byName(connected, (cluster) => wantedRoutes(hub, cluster)),
    byName(site.clusters, (cluster) => readRendered(placesOf(site, cluster).rendered)),
    byName(site.clusters, (cluster) => readInputs(placesOf(site, cluster).manifests)),
  ]);
  return {
    clusters,
    ranges: ranges.ranges.map(toRange),
    services: services.services.map(toService),
    names: names.names.map(toName),
    wanted,
    rendered,
    inputs,
  };
}

/** A cluster whose session has just begun may not be a member yet: then nothing is wanted there. */
async function wantedRoutes(hub: Hub, cluster: string): Promise<readonly Route[]> {
  try {
    const answer = await hub.ask("list routes", `cluster/${cluster}`, (client, options) =>
      client.listRoutes({ cluster, node: "" }, options),
    );
    return answer.routes.map(toRoute);
  } catch (error) {
    if (error instanceof CliError && error.parts.reason === "NotFound") return [];
    throw error;
  }
}

async function byName<T>(
  names: readonly string[],
  read: (name: string) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
}
