// One look at everything that a node's checks judge: the dumb half. What cannot be read is said to be unknown.

import type { Seen } from "../driver.ts";
import type { Ip } from "../ip.ts";
import type { SpeakerOptions } from "../options.ts";
import type { NodeContext, NodeState } from "./node.ts";
import { readBird } from "./read-bird.ts";
import { readKernel } from "./read-kernel.ts";
import { readKubeProxy } from "./read-kube-proxy.ts";

/** Where to look. */
export interface LookOptions extends Pick<SpeakerOptions, "birdSocket" | "kubeProxyConfigz"> {
  readonly ip: Ip;
}

const answerMs = 5_000;

/** Looks once; takes some milliseconds, and a few seconds at most. Never rejects. */
export async function observeNode(options: LookOptions, context: NodeContext): Promise<NodeState> {
  const { ip, birdSocket, kubeProxyConfigz } = options;
  const [kernel, bird, kubeProxy] = await Promise.all([
    seen(readKernel(ip, context)),
    readBird({ socketPath: birdSocket, deadlineMs: answerMs }),
    kubeProxyConfigz === undefined ? undefined : seen(readKubeProxy(kubeProxyConfigz, answerMs)),
  ]);
  return { context, kernel, bird, kubeProxy };
}

async function seen<T>(reading: Promise<T>): Promise<Seen<T>> {
  try {
    return { known: true, value: await reading };
  } catch (error) {
    return { known: false, why: error instanceof Error ? error.message : String(error) };
  }
}
