// The agent's DNS: the loop that publishes names, with this cluster's API server behind its ports, and its last report.

import type { DesiredNames } from "@sealane/core";
import { configMapAccess } from "./dns/config-maps.ts";
import { startNamesLoop } from "./dns/names-loop.ts";
import type { NamesReport } from "./dns/publish.ts";
import { readSurroundings } from "./dns/surroundings.ts";
import type { Agent } from "./leader.ts";

/** The running DNS part. */
export interface DnsPart {
  readonly offer: (names: DesiredNames) => void;
  /** Undefined before the first pass. */
  readonly report: () => NamesReport | undefined;
  /** Called after each pass. */
  readonly onReport: (listener: () => void) => void;
}

/** Starts it; it ends with the signal. */
export function startDns({ client, options, log }: Agent, signal: AbortSignal): DnsPart {
  let last: NamesReport | undefined;
  let listener: () => void = () => undefined;
  let told = "";
  const loop = startNamesLoop(
    {
      surroundings: () => readSurroundings(client, options.namespace),
      ports: { configMaps: configMapAccess(client) },
      onReport: (report) => {
        last = report;
        const text = JSON.stringify(report.findings);
        if (text !== told && report.findings.length > 0)
          log.warn({ findings: report.findings }, "names are not as wanted yet");
        if (text !== told && report.findings.length === 0)
          log.info({ generation: report.generation }, "names are live on every replica");
        told = text;
        listener();
      },
      onError: (error) => log.warn({ err: error }, "names could not be published"),
    },
    signal,
  );
  return {
    offer: (names) => loop.offer(names),
    report: () => last,
    onReport: (given) => {
      listener = given;
    },
  };
}
