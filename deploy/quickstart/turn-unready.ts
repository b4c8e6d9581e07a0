// Turns one pod unready, and measures how long its node stays a next hop in the other clusters' rendered routes.

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Picture } from "./picture.ts";
import type { LonePod } from "./readiness.ts";
import { findLonePod, nodesUsing, prefixesOf, writeReadiness } from "./readiness.ts";
import { readNodes } from "./rendered.ts";
import { noLonePod } from "./sentences.ts";
import { NotConverged } from "./settle.ts";
import type { Watch } from "./settle.ts";
import { placesOf } from "./site.ts";

/** A pod that was turned unready, and what came of it. */
export interface Unready {
  readonly pod: LonePod;
  readonly prefixes: readonly string[];
  /** Nodes that had the next hop. */
  readonly nodes: readonly string[];
  /** From the changed manifest to the last rendered file without the next hop. */
  readonly tookMs: number;
}

const hopTimeoutMs = 10_000;
const hopLookMs = 5;

/** What to do when no pod can show a next hop going. */
export type WithoutPod = "fail" | "go on";

/**
 * Turns a pod unready in its manifest, and waits until no other cluster's rendered routes lead to its node. Without a
 * pod that can show it: rejects with NotConverged, or gives undefined.
 */
export async function turnUnready(
  { site, signal }: Watch,
  picture: Picture,
  withoutPod: WithoutPod,
): Promise<Unready | undefined> {
  const pod = findLonePod(picture.inputs);
  const prefixes = pod === undefined ? [] : prefixesOf(picture, pod);
  const others = site.clusters.filter((name) => name !== pod?.cluster);
  const using = async (hops: readonly string[]) => {
    const folders = others.map((name) => join(placesOf(site, name).rendered, "bird"));
    const read = await Promise.all(folders.map(readNodes));
    return read.flatMap((nodes) => nodesUsing(nodes, prefixes, hops));
  };
  const nodes = pod === undefined ? [] : await using(pod.hops);
  if (pod === undefined || nodes.length === 0) {
    if (withoutPod === "go on") return undefined;
    throw new NotConverged("no pod can show a next hop going", [noLonePod]);
  }
  await writeReadiness(pod, "false");
  const changedAtMs = performance.now();
  for (;;) {
    const left = await using(pod.hops);
    const tookMs = performance.now() - changedAtMs;
    if (left.length === 0) return { pod, prefixes, nodes, tookMs };
    if (tookMs > hopTimeoutMs) {
      const still = left.map((node) => `${node}: a route to ${pod.service} through ${pod.hops.join(" or ")}`);
      throw new NotConverged("a next hop did not go", still);
    }
    await delay(hopLookMs, undefined, { signal });
  }
}
