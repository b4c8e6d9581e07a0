// Takes away everything that Sealane has in this cluster, in the order in which it loses its use: names and slices,
// conditions, DNS, then, once speakers have taken their routes away, who the cluster is and what they are reached by.
// Safe to repeat.

import { setTimeout as delay } from "node:timers/promises";
import type { Finding } from "@sealane/core";
import type { KubeClient } from "../kube/client.ts";
import { objectPath, resources } from "../kube/resource.ts";
import { clearConditions, findExports } from "./clear-conditions.ts";
import { leftBehind } from "./left-behind.ts";
import { removeByName, removeConfigMap, removeOwnStub } from "./remove-dns.ts";
import { findOwned, removeAll, removeObject } from "./remove-owned.ts";
import { findProperties } from "./remove-properties.ts";

/** What a withdrawal needs. */
export interface WithdrawOptions {
  readonly client: KubeClient;
  /** The agent's. */
  readonly namespace: string;
  /** Nodes whose speakers have not said that their routes are gone, asked again and again. */
  readonly nodesWithRoutes: () => readonly string[];
  /** How long nodes are waited for, milliseconds. */
  readonly nodesMs: number;
  /** Things in all, and those that are gone. */
  readonly onProgress: (things: number, gone: number) => void;
  readonly signal: AbortSignal;
}

const lookMs = 50;

/** Takes everything away and gives what stays. Rejects when the API server refuses or is away; then try it again. */
export async function withdraw(options: WithdrawOptions): Promise<readonly Finding[]> {
  const { client, namespace, signal } = options;
  const [objects, allExports, properties] = await Promise.all([
    findOwned(client, signal),
    findExports(client, signal),
    findProperties(client, signal),
  ]);
  const imported = objects.filter(({ leads }) => !leads);
  const leading = objects.filter(({ leads }) => leads);
  const owned = new Set(objects.map(({ uid }) => uid));
  const exports = allExports.filter(({ uid }) => !owned.has(uid));
  const marked = exports.filter((each) => each.marked);
  const tail = [
    ...properties.removals,
    ...leading.map((each) => () => removeObject(client, each, signal)),
    ...ownSteps(client, namespace),
  ];
  const nodesAtFirst = options.nodesWithRoutes().length;
  const things = objects.length + marked.length + tail.length + 1 + nodesAtFirst;
  let gone = 0;
  const count = (): void => options.onProgress(things, ++gone);
  options.onProgress(things, 0);

  await removeAll(client, imported, count, signal);
  for (const each of marked) {
    await clearConditions(client, each, signal);
    count();
  }
  const stub = await removeOwnStub(client, namespace);
  count();
  const nodes = await untilRoutesGone(options);
  gone += nodesAtFirst;
  for (const step of tail) {
    await step();
    count();
  }
  options.onProgress(things, things);
  return leftBehind({
    namespace,
    exports: exports.map((each) => `${each.namespace}/${each.name}`).toSorted(),
    nodes,
    kept: [...(stub === undefined ? [] : [stub]), ...properties.kept],
  });
}

/** What mesh-dns is configured by, and what speakers trust the agent by. */
function ownSteps(client: KubeClient, namespace: string): readonly (() => Promise<void>)[] {
  return [
    () => removeConfigMap(client, namespace, "mesh-dns-peers"),
    () => removeConfigMap(client, namespace, "mesh-dns-front"),
    () => removeConfigMap(client, namespace, "sealane-agent-ca"),
    () => removeByName(client, objectPath(resources.secrets, namespace, "sealane-agent-listener")),
  ];
}

/** Waits for the nodes; gives those that still have routes when the time is up. */
async function untilRoutesGone({
  nodesWithRoutes,
  nodesMs,
  signal,
}: WithdrawOptions): Promise<readonly string[]> {
  const endMs = performance.now() + nodesMs;
  for (;;) {
    const nodes = nodesWithRoutes();
    if (nodes.length === 0 || performance.now() >= endMs) return nodes;
    await delay(lookMs, undefined, { signal });
  }
}
