// Keeps the cluster's names as wished: one pass at a time, the newest wish wins, and again after a while even
// when nothing changed, because pods come and go and people edit Corefiles.

import type { DesiredNames } from "@sealane/core";
import { Pace } from "@sealane/core";
import { createBackoff, sleep } from "../kube/backoff.ts";
import type { ConfigMapName } from "./config-maps.ts";
import type { DnsFinding, DnsReason } from "./findings.ts";
import { Placed } from "./placed.ts";
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
  /** Calls when one of the ConfigMaps changed, with its Corefile; best effort, since a pass comes in any case. */
  readonly watch?: (onText: (name: ConfigMapName, text: string | undefined) => void) => void;
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
  const placed = new Placed();
  const pace = new Pace();
  const contested = new Map<string, DnsFinding>();
  const waiting = new Set<string>();
  const ports: PublishPorts = {
    ...options.ports,
    placed,
    onRepaired: (edit) => {
      pace.note(keyOf(edit.configMap), performance.now());
      options.ports.onRepaired?.(edit);
    },
  };
  let wished: DesiredNames | undefined;
  let changed = new AbortController();

  async function pass(names: DesiredNames, superseded: AbortSignal): Promise<number> {
    try {
      const seen = await publishNames(names, await options.surroundings(), ports, superseded);
      if (superseded.aborted) return 0;
      for (const key of contested.keys())
        if (pace.waitMs(key, performance.now()) === 0) contested.delete(key);
      const report = { ...seen, findings: [...seen.findings, ...contested.values()] };
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
  options.watch?.((name, text) => {
    if (wished === undefined || placed.isAsLeft(name, text)) return;
    const waitMs = pace.waitMs(keyOf(name), performance.now());
    if (waitMs === 0) changed.abort();
    else if (!waiting.has(keyOf(name))) {
      contested.set(keyOf(name), contestedBy(name));
      waiting.add(keyOf(name));
      void sleep(waitMs, signal).then(() => {
        waiting.delete(keyOf(name));
        changed.abort();
      });
    }
  });
  return {
    offer(names) {
      wished = names;
      repair.reset();
      changed.abort();
    },
  };
}

function keyOf({ namespace, name }: ConfigMapName): string {
  return `${namespace}/${name}`;
}

function contestedBy(name: ConfigMapName): DnsFinding {
  const message = `ConfigMap "${keyOf(name)}" is edited again and again by somebody else, so it is put back only every few seconds. Find out who writes it.`;
  return { subject: keyOf(name), reason: "EditedRepeatedly", message };
}
