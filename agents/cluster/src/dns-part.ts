// The agent's DNS: the loop that publishes names, its last report, and what the log says of it.

import type { DesiredNames } from "@sealane/core";
import type { NamesReport } from "./dns/publish.ts";
import { startNames } from "./dns/start-names.ts";
import type { Agent } from "./leader.ts";

/** The running DNS part. */
export interface DnsPart {
  readonly offer: (names: DesiredNames) => void;
  /** Undefined before the first pass. */
  readonly report: () => NamesReport | undefined;
}

/** Starts it; it ends with the signal. */
export function startDns({ client, options, log }: Agent, signal: AbortSignal): DnsPart {
  let last: NamesReport | undefined;
  let told = "";
  const tell = ({ findings, generation }: NamesReport) => {
    const text = JSON.stringify(findings);
    if (text === told) return;
    told = text;
    if (findings.length > 0) log.warn({ findings }, "names are not as wanted yet");
    else log.info({ generation }, "names are live on every replica");
  };
  const loop = startNames(
    client,
    options.namespace,
    {
      onReport: (report) => {
        last = report;
        tell(report);
      },
      onError: (error) => log.warn({ err: error }, "names could not be published"),
    },
    signal,
  );
  return { offer: (names) => loop.offer(names), report: () => last };
}
