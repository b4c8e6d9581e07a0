// What is looked at on a node, as one value, and everything that is judged of it. Pure; observe.ts fills it.

import type { CheckResult } from "@sealane/core";
import { notMade } from "@sealane/core";
import type { Seen } from "../driver.ts";
import type { OnLinkNetwork } from "../kernel.ts";
import type { BirdState } from "./judge-bird.ts";
import { judgeBird } from "./judge-bird.ts";
import { judgeClock } from "./judge-clock.ts";
import type { KubeProxyConfig } from "./judge-kube-proxy.ts";
import { judgeKubeProxy } from "./judge-kube-proxy.ts";
import type { Link, Neighbour } from "./judge-links.ts";
import { judgeLinks } from "./judge-links.ts";
import type { ProbedPath } from "./probe-paths.ts";
import type { Settings } from "./judge-settings.ts";
import { judgeSettings } from "./judge-settings.ts";

/** The kernel's part. */
export interface KernelState {
  readonly settings: Settings;
  /** Links that are up. */
  readonly links: readonly Link[];
  readonly networks: readonly OnLinkNetwork[];
  /** Links that lead out of the node: by default routes, and to next hops. Sorted. */
  readonly uplinks: readonly string[];
  /** Links that lead to the node's own pods; empty when its pod ranges are not known. Sorted. */
  readonly podLinks: readonly string[];
  readonly neighbours: readonly Neighbour[];
  /** Next hops that answered to packets of their link's full size, or only to small ones. */
  readonly paths: readonly ProbedPath[];
}

/** What the speaker knows beside it. */
export interface NodeContext {
  /** Next hops that routes of this node want, canonical. */
  readonly nextHops: readonly string[];
  /** This node's own pod ranges; empty when not known. */
  readonly podPrefixes: readonly string[];
  /** Pod ranges of the other clusters; empty when not known. */
  readonly peerPodPrefixes: readonly string[];
  /** The agent's clock minus this one's, seconds; undefined while unmeasured. */
  readonly clockOffsetSeconds: number | undefined;
}

/** Everything about one node. */
export interface NodeState {
  readonly context: NodeContext;
  readonly kernel: Seen<KernelState>;
  readonly bird: BirdState;
  /** Undefined: this node has no kube-proxy, or it is not asked. */
  readonly kubeProxy: Seen<KubeProxyConfig> | undefined;
}

/** Every check of a node, always in this order. What cannot apply here is not among them. */
export function judgeNode({ context, kernel, bird, kubeProxy }: NodeState): readonly CheckResult[] {
  return [
    ...(kernel.known ? judgeKernel(kernel.value, context) : [notMade("kernel", kernel.why)]),
    ...judgeClock("the agent", context.clockOffsetSeconds),
    ...judgeBird(bird),
    ...judgeProxy(kubeProxy, kernel, context),
  ];
}

function judgeKernel(kernel: KernelState, context: NodeContext): readonly CheckResult[] {
  return [...judgeSettings(kernel), ...judgeLinks(kernel, context)];
}

function judgeProxy(
  kubeProxy: NodeState["kubeProxy"],
  kernel: NodeState["kernel"],
  { peerPodPrefixes }: NodeContext,
): readonly CheckResult[] {
  if (kubeProxy === undefined || !kernel.known) return [];
  if (!kubeProxy.known) return [notMade("kube-proxy", kubeProxy.why)];
  return judgeKubeProxy(kubeProxy.value, { ...kernel.value, peerPodPrefixes });
}
