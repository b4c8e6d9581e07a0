// What the quickstart says around its steps: what it starts, what to try, how it ended. Pure.

import { join, relative } from "node:path";
import { formatSeconds } from "./sentences.ts";
import { placesOf } from "./site.ts";
import type { Site } from "./site.ts";
import type { Outcome } from "./story.ts";

/** A path as one would type it in the folder; whole when it leads out of there. */
export function shortPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside.startsWith("..") ? path : inside;
}

/** Said first: what runs, and where everything is. */
export function introduction(site: Site, cwd: string): string {
  const short = (path: string) => shortPath(path, cwd);
  return [
    `Sealane quickstart: a hub, and an agent for each of the clusters ${site.clusters.join(", ")}, as processes here.`,
    `  manifests  ${short(join(site.root, "clusters"))}   edit these: every change is followed`,
    `  rendered   ${short(join(site.root, "rendered"))}   imports, routes for BIRD, Corefiles`,
    `  logs       ${short(site.logs)}`,
    "",
    "",
  ].join("\n");
}

/** Said when everything has converged: what to look at, and what to change. */
export function hints(site: Site, outcome: Outcome, asking: Asking, cwd: string): string {
  const short = (path: string) => shortPath(path, cwd);
  const [cluster = ""] = site.clusters.filter((name) => name !== outcome.unready?.pod.cluster);
  const service = outcome.unready?.pod.service;
  const lines = [
    "",
    "Ask it, in another terminal in this folder:",
    ...(asking === "by name" ? [`  export SEALANE_CONFIG=${site.config}`] : []),
    "  npx sealane status",
    `  npx sealane get routes --cluster ${cluster}`,
    ...(service === undefined ? [] : [`  npx sealane explain import ${service} --in ${cluster}`]),
    "Change it, in an editor:",
    ...edits(site, outcome).map(([file, change]) => `  ${short(file)}: ${change}`),
    "",
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Whether the command line finds the quickstart's hub by itself, or only when told which configuration to use. */
export type Asking = "by itself" | "by name";

function edits(
  site: Site,
  { picture, unready }: Outcome,
): readonly (readonly [file: string, change: string])[] {
  const ready = unready?.pod.endpoints[0];
  const refused = picture.ranges.filter(({ state, free }) => state === "quarantined" && free !== null);
  return [
    ...(ready === undefined || unready === undefined
      ? []
      : [[ready.file, `set "ready: true" again for ${unready.pod.pod}, and its next hop returns`] as const]),
    ...refused.map(
      ({ cluster, prefix, free }) =>
        [
          placesOf(site, cluster).manifests,
          `write ${free} for ${prefix}, and nothing is quarantined`,
        ] as const,
    ),
    [join(site.root, "clusters"), "delete a ServiceExport, add a pod, break a file: see what happens"],
  ];
}

/** The last line of a run that converged. */
export function verdict({ convergedMs, unready, picture }: Outcome): string {
  const quarantined = picture.ranges.filter(({ state }) => state === "quarantined");
  const ranges =
    quarantined.length === 0
      ? "no range quarantined"
      : `quarantined: ${quarantined.map(({ cluster, prefix }) => `${prefix} of ${cluster}`).join(", ")}`;
  const hop = unready === undefined ? "" : `, next hop gone after ${unready.tookMs.toFixed(0)} ms`;
  return `ok: converged in ${formatSeconds(convergedMs)}${hop}; ${ranges}\n`;
}
