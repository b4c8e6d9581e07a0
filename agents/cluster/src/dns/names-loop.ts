// Keeps the cluster's names as wished: one pass at a time, the newest wish wins, and again after a while even
// when nothing changed, because pods come and go and people edit Corefiles.

import type { DesiredNames } from "@sealane/core";
import { createBackoff, sleep } from "../kube/backoff.ts";
import type { DnsReason } from "./findings.ts";
import type { DnsSurroundings, NamesReport, PublishPorts } from "./publish.ts";
import { publishNames } from "./publish.ts";

/** What another pass may mend, without anybody's help. */
const repairable: ReadonlySet<DnsReason> = new Set(["ReplicaMissing", "ReplicaNotLive", "WriteFailed"]);

/** What the loop needs. */
export interface NamesLoopOptions {
  /** Rejects when the cluster cannot be read; the pass is then tried again. */
  readonly surroundings: () => Promise<DnsSurroundings>;
  readonly ports: PublishPorts;
  readonly onReport: (report: NamesReport) => void;
  readonly onError: (error: Error) => void;
  /** Pause between two passes, milliseconds; 15000 when absent. Shorter while there is something to repair. */
  readonly quietMs?: number;
}

/** A running loop. */
export interface NamesLoop {
  /** The names as they are wished now; a pass with older ones ends at once. */
  offer(names: DesiredNames): void;
}

/** Starts the loop; it ends with the signal. Until the first offer nothing is known and nothing is done. */
export function startNamesLoop(options: NamesLoopOptions, signal: AbortSignal): NamesLoop {
  const { quietMs = 15_000 } = options;
  const repair = createBackoff({ minMs: 1_000, maxMs: quietMs });
  let wished: DesiredNames | undefined;
  let changed = new AbortController();

  async function pass(names: DesiredNames, superseded: AbortSignal): Promise<number> {
    try {
      const report = await publishNames(names, await options.surroundings(), options.ports, superseded);
      if (superseded.aborted) return 0;
      options.onReport(report);
      if (report.findings.some(({ reason }) => repairable.has(reason))) return repair.next();
      repair.reset();
      return quietMs;
    } catch (error) {
      options.onError(error instanceof Error ? error : new Error(String(error)));
      return repair.next();
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      changed = new AbortController();
      const superseded = AbortSignal.any([changed.signal, signal]);
      const pauseMs = wished === undefined ? quietMs : await pass(wished, superseded);
      if (!superseded.aborted) await sleep(pauseMs, superseded);
    }
  }

  void run();
  return {
    offer(names) {
      wished = names;
      repair.reset();
      changed.abort();
    },
  };
}
