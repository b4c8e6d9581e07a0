// Says once per change which ranges are quarantined, whose they meet and what is free, and when they are admitted.
// Repeats nothing, so a hub that runs for months has one line for each quarantine.

import type { RangeVerdict } from "@sealane/core";
import type { Logger } from "pino";

/** Hears the verdicts of every member that may have changed; none for one that left. */
export interface QuarantineLog {
  readonly note: (cluster: string, verdicts: readonly RangeVerdict[]) => void;
}

/** A log that remembers what it said. */
export function quarantineLog(log: Logger): QuarantineLog {
  const said = new Map<string, ReadonlyMap<string, string>>();
  return {
    note: (cluster, verdicts) => {
      const before = said.get(cluster) ?? new Map<string, string>();
      const now = new Map<string, string>();
      for (const verdict of verdicts) {
        if (verdict.admitted) continue;
        const { prefix, kind } = verdict;
        const line = `${kind} ${prefix}`;
        const text = JSON.stringify(verdict);
        now.set(line, text);
        if (before.get(line) !== text) warn(log, cluster, verdict);
      }
      for (const line of before.keys()) {
        if (!now.has(line)) log.info({ cluster, range: line }, "range is no longer quarantined");
      }
      if (now.size === 0) said.delete(cluster);
      else said.set(cluster, now);
    },
  };
}

function warn(log: Logger, cluster: string, verdict: RangeVerdict): void {
  const { prefix, kind, source, reason, owner, ownerPrefix, overlap, free } = verdict;
  log.warn({ cluster, prefix, kind, source, reason, owner, ownerPrefix, overlap, free }, "range quarantined");
}
