// What the quickstart shows, step by step: all clusters but the last join and converge, the last one joins as a
// newcomer, then a pod turns unready and its next hop goes.

import { relative } from "node:path";
import type { Hub } from "../../services/cli/src/connect/hub.ts";
import { inputsReader } from "./manifests.ts";
import { startAgents } from "./mesh.ts";
import type { Missing } from "./missing.ts";
import {
  missingAnything,
  missingExports,
  missingImports,
  missingMembers,
  missingNames,
  missingRanges,
  missingRoutes,
} from "./missing.ts";
import type { QuickstartOptions } from "./options.ts";
import type { Picture } from "./picture.ts";
import type { Processes } from "./processes.ts";
import { sentences } from "./sentences.ts";
import { settle } from "./settle.ts";
import type { Watch } from "./settle.ts";
import type { Site } from "./site.ts";
import type { Telling } from "./telling.ts";
import type { Unready } from "./turn-unready.ts";
import { turnUnready } from "./turn-unready.ts";

/** Where the story is told. */
export interface Stage {
  readonly options: QuickstartOptions;
  readonly site: Site;
  readonly processes: Processes;
  readonly hub: Hub;
  readonly telling: Telling;
  readonly signal: AbortSignal;
}

/** How it went. */
export interface Outcome {
  readonly watch: Watch;
  readonly picture: Picture;
  /** From the first process to the last route. */
  readonly convergedMs: number;
  /** The pod that was turned unready; undefined when the manifests have none that shows anything. */
  readonly unready: Unready | undefined;
}

/** Tells it to its end. Rejects with NotConverged, or as the signal aborts. */
export async function tellStory(stage: Stage): Promise<Outcome> {
  const { options, site, hub, telling, signal } = stage;
  const newcomer = site.clusters.length > 1 ? site.clusters.slice(-1) : [];
  const first = site.clusters.filter((name) => !newcomer.includes(name));
  const deadlineMs = options.once ? performance.now() + options.timeoutMs : Number.POSITIVE_INFINITY;
  const watch = { site, hub, readInputs: inputsReader(), telling, deadlineMs, signal };
  await telling.step(
    "join",
    () => arrive(stage, watch, first, missingMembers),
    () => sentences.joined(first),
  );
  const reach = (title: string, missing: Missing, lines: (picture: Picture) => readonly string[]) =>
    telling.step(title, () => settle(watch, missing, first), lines);
  await reach("ranges", missingRanges, sentences.ranges);
  await reach("exports", missingExports, sentences.exports);
  await reach("imports", missingImports, sentences.imports);
  await reach("routes", missingRoutes, sentences.routes);
  await reach("names", missingNames, sentences.names);
  if (newcomer.length > 0) {
    await telling.step(
      "newcomer",
      () => arrive(stage, watch, newcomer, (...of) => [...missingMembers(...of), ...missingRanges(...of)]),
      (picture) => sentences.newcomer(picture, newcomer),
    );
  }
  let convergedMs = 0;
  const converged = await telling.step(
    "converged",
    async () => {
      const picture = await settle(watch, missingAnything, site.clusters);
      convergedMs = telling.elapsedMs();
      return picture;
    },
    (picture) => sentences.converged(picture, convergedMs),
  );
  const unready = await telling.step(
    "readiness",
    // A run that goes on may find every such pod unready already; a clean one that shows nothing has failed.
    () => turnUnready(watch, converged, options.once && !options.keep ? "fail" : "go on"),
    (it) => sentences.unready(it, (path) => relative(site.root, path)),
  );
  const picture = await settle(watch, missingAnything, site.clusters);
  return { watch, picture, convergedMs, unready };
}

/** Starts the agents of these clusters and waits for what their arrival brings. */
async function arrive(
  { site, processes }: Stage,
  watch: Watch,
  clusters: readonly string[],
  missing: Missing,
): Promise<Picture> {
  await startAgents(site, processes, watch.hub, clusters);
  return settle(watch, missing, clusters);
}
