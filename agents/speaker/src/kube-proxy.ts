// Whether the node's kube-proxy has written its rules in this boot: before that, packets for an announced
// Service address would be dropped here. Asked until it is so, and then no more.

import { setTimeout as delay } from "node:timers/promises";

const askEveryMs = 500;
const answerMs = 1_000;

/**
 * Resolves once kube-proxy's metrics (`/metrics`, by default on port 10249 of loopback) say that its rules are written.
 * Rejects when the signal is aborted.
 */
export async function kubeProxySynced(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const page = fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) });
    const answer = await page.then(async (each) => (each.ok ? each.text() : "")).catch(() => "");
    if (hasWrittenRules(answer)) return;
    await delay(askEveryMs, undefined, { signal });
  }
}

/**
 * Whether every family that kube-proxy runs has written its rules: each is queued when its loop begins, and dated when a
 * synchronisation of everything has succeeded. The health page cannot say so: it answers 200 while kube-proxy starts.
 * Releases that do not tell families apart count once the first has.
 */
export function hasWrittenRules(metrics: string): boolean {
  const dated = (metric: string) =>
    [...metrics.matchAll(new RegExp(`^kubeproxy_sync_proxy_rules_${metric}_seconds(\\{.*\\})? (\\S+)`, "gm"))]
      .filter(([, , seconds]) => Number(seconds) > 0)
      .map(([, family = ""]) => family);
  const written = dated("last_timestamp");
  return written.length > 0 && dated("last_queued_timestamp").every((family) => written.includes(family));
}
