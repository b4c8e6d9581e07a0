// The leaving of a site that is a directory: by the hub's word alone its rendered files go, which is reported until the
// hub refuses the certificate. The manifests are a person's, and stay.

import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Logger } from "pino";
import type { Finding, View } from "@sealane/core";
import type { Report, SessionState } from "@sealane/wire";
import type { RenderedFolder } from "../execute/directory/rendered-folder.ts";
import { isRefusal } from "../link/join.ts";
import { untilDone } from "../retry.ts";
import type { Leaving } from "./leaving.ts";
import { departureReport } from "./report.ts";

/** What leaving needs of the running site. */
export interface LeavingSiteOptions {
  readonly folder: RenderedFolder;
  readonly cluster: string;
  readonly view: View;
  /** From here on nothing is rendered any more. */
  readonly stopMaking: () => void;
  readonly report: (report: Report) => void;
  readonly log: Logger;
}

const reportMs = 500;

/** Starts to follow what is said about the site's leaving. */
export function followSiteLeaving(options: LeavingSiteOptions, signal: AbortSignal): Omit<Leaving, "heard"> {
  const { folder, cluster, view, stopMaking, report, log } = options;
  const left = Promise.withResolvers<"left">();
  const progress = { begun: false, things: 1, gone: 0, done: false, findings: [] as readonly Finding[] };
  const tell = (): void => report(departureReport(progress));
  const warn = (error: unknown): void => log.error({ err: error }, "leaving cannot go on; it is tried again");
  const begin = async (): Promise<void> => {
    progress.begun = true;
    stopMaking();
    log.info({ cluster }, "the site leaves the mesh by a person's word: removing what was rendered");
    const timer = setInterval(tell, reportMs);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    const kept = await untilDone(() => removeRendered(folder), signal, warn);
    if (kept === undefined) return;
    Object.assign(progress, { done: true, findings: leftBehind(kept) });
    tell();
  };
  return {
    changed: () => {
      if (!progress.begun && view.member(cluster)?.departure === "dismissed") void begin();
    },
    state: (state: SessionState) => {
      const confirmed = state.state === "disconnected" && progress.done && isRefusal(state.error);
      if (confirmed) left.resolve("left");
      return confirmed;
    },
    left: left.promise,
  };
}

/** Removes every file of ours; gives those that are somebody else's. */
async function removeRendered(folder: RenderedFolder): Promise<readonly string[]> {
  const found = await readdir(folder.root, { recursive: true, withFileTypes: true });
  const files = found.filter((each) => each.isFile());
  const kept: string[] = [];
  for (const { parentPath, name } of files) {
    const path = relative(folder.root, join(parentPath, name));
    const own = await folder.readOwn(path);
    if (own === undefined) kept.push(path);
    else await folder.remove(path);
  }
  return kept.toSorted();
}

function leftBehind(kept: readonly string[]): readonly Finding[] {
  const remain = (subject: string, message: string): Finding => ({ subject, reason: "LeftBehind", message });
  const foreign = kept.slice(0, 10).join(", ");
  return [
    ...(kept.length === 0 ? [] : [remain("Rendered files", `not Sealane's, so they stay: ${foreign}`)]),
    remain("Manifests", "they are yours"),
    remain(
      "What was made of the rendered files",
      "whoever gave them to BIRD, CoreDNS or an API server takes them away there",
    ),
  ];
}
