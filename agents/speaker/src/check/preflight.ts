// A node's checks once, for a person at a terminal: before the cluster joins, or with the agent away.

import { renderChecks } from "@sealane/core";
import { openIp } from "../ip.ts";
import type { SpeakerOptions } from "../options.ts";
import { observeNode } from "./observe.ts";
import { judgeNode } from "./node.ts";

const answerMs = 5_000;

/** Prints every check; gives the exit status: 0 all well, 1 something is wrong, 3 something is not known. */
export async function preflight(options: SpeakerOptions, write: (text: string) => void): Promise<0 | 1 | 3> {
  const nothing = { nextHops: [], podPrefixes: [], peerPodPrefixes: [], clockOffsetSeconds: undefined };
  const ip = openIp({ ipProgram: options.ipProgram, namespace: undefined, deadlineMs: answerMs });
  const results = judgeNode(await observeNode({ ...options, ip }, nothing));
  write(renderChecks(results));
  if (results.some(({ outcome }) => outcome === "wrong")) return 1;
  return results.some(({ outcome }) => outcome === "unknown") ? 3 : 0;
}
