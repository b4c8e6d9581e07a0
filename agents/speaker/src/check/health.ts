// A node's checks again and again, for its reports: at once at the start, then every quarter of a minute, sooner while
// something is wrong. It changes nothing, whatever it finds.

import { setTimeout as delay } from "node:timers/promises";
import type { CheckResult, DesiredRoutes } from "@sealane/core";
import { parsePurpose, untilNextLookMs } from "@sealane/core";
import type { LookOptions } from "./observe.ts";
import { observeNode } from "./observe.ts";
import type { NodeContext } from "./node.ts";
import { judgeNode } from "./node.ts";

/** Looks until the signal ends it, and hands over each look's results. */
export async function keepChecking(
  options: LookOptions,
  context: () => NodeContext,
  onResults: (results: readonly CheckResult[]) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const results = judgeNode(await observeNode(options, context()));
    if (signal.aborted) return;
    onResults(results);
    await delay(untilNextLookMs(results), undefined, { signal }).catch(() => undefined);
  }
}

/** What a wish says of the node: its next hops, and its own pods' ranges. Both sorted. */
export function contextOf({
  install,
  originate,
}: DesiredRoutes): Pick<NodeContext, "nextHops" | "podPrefixes"> {
  const pods = originate.filter(({ purpose }) => parsePurpose(purpose)?.kind === "pods");
  return {
    nextHops: [...new Set(install.flatMap(({ nextHops }) => nextHops))].toSorted(),
    podPrefixes: pods.map(({ prefix }) => prefix).toSorted(),
  };
}
