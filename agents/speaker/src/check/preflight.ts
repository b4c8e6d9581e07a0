// A node's checks once, for a person at a terminal: before the cluster joins, or with the agent away.

import { renderChecks } from "@sealane/core";
import type { LookOptions } from "./observe.ts";
import { observeNode } from "./observe.ts";
import { judgeNode } from "./node.ts";

/** Prints every check; gives the exit status: 0 all well, 1 something is wrong, 3 something is not known. */
export async function preflight(options: LookOptions, write: (text: string) => void): Promise<0 | 1 | 3> {
  const nothing = { nextHops: [], podPrefixes: [], peerPodPrefixes: [], clockOffsetSeconds: undefined };
  const results = judgeNode(await observeNode(options, nothing));
  write(renderChecks(results));
  if (results.some(({ outcome }) => outcome === "wrong")) return 1;
  return results.some(({ outcome }) => outcome === "unknown") ? 3 : 0;
}
