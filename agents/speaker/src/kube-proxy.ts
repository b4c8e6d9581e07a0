// Whether the node's kube-proxy has written its rules in this boot: before that, packets for an announced
// Service address would be dropped here. Asked until it is so, and then no more.

import { setTimeout as delay } from "node:timers/promises";

const askEveryMs = 500;
const answerMs = 1_000;

/**
 * Resolves once kube-proxy's health page (`/healthz`, by default on port 10256) answers 200, which it does after
 * its first synchronisation. Rejects when the signal is aborted.
 */
export async function kubeProxySynced(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const answer = fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) });
    if (await answer.then(({ ok }) => ok).catch(() => false)) return;
    await delay(askEveryMs, undefined, { signal });
  }
}
