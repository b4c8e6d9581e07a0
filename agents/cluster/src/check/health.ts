// A cluster's checks again and again, for its report: at once at the start, then every quarter of a minute, sooner
// while something is wrong. It changes nothing, whatever it finds.

import type { CheckResult } from "@sealane/core";
import { untilNextLookMs } from "@sealane/core";
import type { SessionClient } from "@sealane/wire";
import type { NamesReport } from "../dns/publish.ts";
import { sleep } from "../kube/backoff.ts";
import type { KubeClient } from "../kube/client.ts";
import type { ClusterCheckState } from "./cluster.ts";
import { judgeCluster } from "./cluster.ts";
import type { ClusterContext } from "./observe.ts";
import { observeCluster } from "./observe.ts";

/** How long an agent that was granted everything believes it. */
const rightsMs = 60_000;

/** Whom to ask. */
export interface HealthOptions {
  readonly client: KubeClient;
  /** The agent's own. */
  readonly namespace: string;
  readonly session: SessionClient;
  /** The last pass over the cluster's names. */
  readonly names: () => NamesReport | undefined;
}

/** Looks until the signal ends it, and hands over each look's results. */
export async function keepChecking(
  options: HealthOptions,
  onResults: (results: readonly CheckResult[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let rights: ClusterCheckState["rights"] | undefined;
  let rightsAtMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    // They are a hundred questions, so they are asked anew only after a while, or when an answer was not yes.
    if (!allGranted(rights) || performance.now() - rightsAtMs >= rightsMs) {
      rights = undefined;
      rightsAtMs = performance.now();
    }
    const context = { ...contextOf(options), rights };
    const state = await observeCluster(options.client, options.namespace, context);
    rights = state.rights;
    if (signal.aborted) return;
    const results = judgeCluster(state, Date.now());
    onResults(results);
    await sleep(untilNextLookMs(results), signal);
  }
}

function allGranted(rights: ClusterCheckState["rights"] | undefined): boolean {
  return rights?.known === true && rights.value.every(({ allowed }) => allowed);
}

function contextOf({ session, names }: HealthOptions): ClusterContext {
  const counts = session.counts;
  const offsetUs = counts?.clockOffsetUs;
  return {
    names: names(),
    // Without a session nobody hears of this: then the hub's own list shows the cluster as silent.
    hub:
      counts === undefined ? [] : [{ what: "session with the hub", answer: "reached", message: "is open" }],
    clockOffsetSeconds: offsetUs === undefined ? undefined : Number(offsetUs) / 1e6,
  };
}
