// Desired against observed of a site, for the hub and the metrics: the site's own counts, and the routes of each node
// as its speaker would report them. What is observed here are files; what becomes of them is seen elsewhere.

import { clearInterval, setInterval } from "node:timers";
import type { Count, Finding } from "@sealane/core";
import type { Report, SessionClient } from "@sealane/wire";
import { nowUnixUs } from "@sealane/wire";
import type { DirectoryExecutor } from "../execute/directory/executor.ts";
import type { Metrics } from "../metrics.ts";

const findingsMax = 50;
const lookMs = 250;
/** A report that says what the last one said is sent this rarely. */
const repeatMs = 10_000;

/** Looks a few times a second and reports what changed; everything again every ten seconds. Ends with the signal. */
export function startReporting(
  { executor, session, metrics }: { executor: DirectoryExecutor; session: SessionClient; metrics: Metrics },
  signal: AbortSignal,
): void {
  const said = new Map<string, { readonly text: string; readonly atMs: number }>();
  const look = (): void => {
    const isOpen = session.counts !== undefined;
    for (const { node, counts, findings } of reportsOf(executor)) {
      if (node === "") showCounts(metrics, counts);
      const text = JSON.stringify({ counts, findings, isOpen });
      const last = said.get(node);
      const now = performance.now();
      if (last?.text === text && now - last.atMs < repeatMs) continue;
      said.set(node, { text, atMs: now });
      session.report({ node, counts, findings: findings.slice(0, findingsMax), observedUnixUs: nowUnixUs() });
    }
    const offsetUs = session.counts?.clockOffsetUs;
    if (offsetUs !== undefined) metrics.clockOffset.set(Number(offsetUs) / 1e6);
  };
  const timer = setInterval(look, lookMs);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

type Part = Pick<Report, "node" | "counts" | "findings">;

function reportsOf(executor: DirectoryExecutor): readonly Part[] {
  const { desired, observed, findings } = executor.names;
  const counts = [...executor.counts(), { kind: "names", desired, observed }];
  const nodes = executor.routes.map(({ node, wish, inPlace }): Part => {
    const count = wish.install.length + wish.originate.length;
    const withheld = wish.withheld.map(({ prefix, reason, message }): Finding => ({
      subject: prefix,
      reason,
      message,
    }));
    return {
      node,
      counts: [{ kind: "routes", desired: count, observed: inPlace ? count : 0 }],
      findings: withheld,
    };
  });
  const own = counts.toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
  return [{ node: "", counts: own, findings: [...executor.findings(), ...findings] }, ...nodes];
}

function showCounts(metrics: Metrics, counts: readonly Count[]): void {
  for (const { kind, desired, observed } of counts) {
    metrics.desired.set({ kind }, desired);
    metrics.drift.set({ kind }, Math.abs(desired - observed));
  }
}
