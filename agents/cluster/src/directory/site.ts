// One site that is a directory of manifests: its folders, its health, its membership, and what it serves as. It runs
// until its signal aborts, and takes nothing back that it wrote.

import { isAbsolute, relative, resolve } from "node:path";
import { serveHttp } from "../http.ts";
import { messageOf } from "../kube/error.ts";
import { untilDone } from "../retry.ts";
import { ensureMembership } from "./membership.ts";
import type { SiteOptions } from "./options.ts";
import { serveSite } from "./serve-site.ts";
import type { Site } from "./serve-site.ts";

/** Runs until the signal aborts. Rejects only on what no retry can mend. */
export async function runSite(site: Site, signal: AbortSignal): Promise<void> {
  const { options, log, metrics } = site;
  requireApart(options.site);
  let problem: string | undefined = "the site has not joined, or its manifests were not read whole";
  const http = await serveHttp(options.metricsListen, metrics.registry, () =>
    problem === undefined ? { ready: true } : { ready: false, why: problem },
  );
  log.info({ manifests: options.site.manifests, output: options.site.output }, "site started");
  const onServing = (): void => {
    problem = undefined;
  };
  try {
    // Once more when the site has left: then for a new token.
    while (!signal.aborted) {
      let membership = await untilDone(
        () => ensureMembership(options.site, Date.now()),
        signal,
        (error) => {
          problem = messageOf(error);
          log.error({ err: error }, "no member of the mesh");
        },
      );
      while (membership !== undefined && !signal.aborted) {
        log.info({ cluster: membership.cluster, hub: membership.hub }, "member of the mesh");
        membership = await serveSite(site, membership, onServing, signal);
      }
    }
  } finally {
    http.close();
  }
}

/** Refuses folders of which one would be read or published as part of another. */
function requireApart({ manifests, output, state }: SiteOptions): void {
  const inside = (path: string, folder: string): boolean => {
    const way = relative(resolve(folder), resolve(path));
    return way === "" || !(way.startsWith("..") || isAbsolute(way));
  };
  for (const [flag, path] of [
    ["--output", output],
    ["--state", state],
  ] as const) {
    if (inside(path, manifests))
      throw new Error(
        `Cannot use ${flag} "${path}": it lies in --directory "${manifests}", whose files are read as manifests`,
      );
  }
  if (inside(state, output))
    throw new Error(
      `Cannot use --state "${state}": it holds keys and lies in --output "${output}", which others read`,
    );
}
