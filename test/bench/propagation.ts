// How long until a change in one cluster is visible in the other: Sealane beside the bare mirror, alternating in one
// run, so that the machine's mood falls on both.

import { fork } from "node:child_process";
import { join } from "node:path";
import { startApiServers, ended } from "./api-servers.ts";
import type { ApiServers } from "./api-servers.ts";
import type { Lags, Load } from "./changes.ts";
import { measure } from "./changes.ts";
import type { SealanePair } from "./sealane-pair.ts";
import { prepare } from "./sealane-pair.ts";
import { median, quantile, spread } from "./statistics.ts";

/** What to measure. */
export interface PropagationOptions {
  readonly runs: number;
  readonly load: Omit<Load, "namespace">;
  /** Writes CPU profiles of the last run and says where. */
  readonly profile: "profiled" | "plain";
}

const namespace = "bench";

/** Runs and prints; the numbers are milliseconds from the answer to a write to the watch event at the other end. */
export async function propagation(options: PropagationOptions): Promise<void> {
  const { runs, load } = options;
  console.log(
    `propagation: ${runs} alternating runs of ${load.changes} changes, ${load.rate}/s over ${load.services} services`,
  );
  const servers = await startApiServers(["a", "b"]);
  let end = servers.stop;
  try {
    const pair = await prepare(servers, namespace, load.services);
    const ratios = { p50: [] as number[], p99: [] as number[] };
    for (let run = 1; run <= runs; run++) {
      const floor = await mirrorRun(servers, { ...load, namespace });
      const own = await sealaneRun(
        servers,
        pair,
        { ...load, namespace },
        run === runs ? options.profile : "plain",
      );
      ratios.p50.push(print(run, "p50", floor, own, 0.5));
      ratios.p99.push(print(run, "p99", floor, own, 0.99));
    }
    console.log(`ratio p50: median ${spread(ratios.p50)} of ${runs}`);
    console.log(`ratio p99: median ${spread(ratios.p99)} of ${runs}`);
    console.log(
      `budget at 20 changes/s: p50 1.5, p99 2; median p50 is ${(median(ratios.p50) / 1.5).toFixed(2)} times its budget`,
    );
    if (options.profile === "profiled")
      console.log(`CPU profiles were written to ${join(servers.directory, "profiles")}`);
  } finally {
    // After a failure, and beside profiles, the folder with the logs stays.
    await end();
  }
}

function print(run: number, name: string, floor: Lags, own: Lags, q: number): number {
  const [bare, ours] = [quantile(floor.lagsMs, q), quantile(own.lagsMs, q)];
  console.log(
    `run ${run} ${name}: mirror ${bare.toFixed(1)} ms, sealane ${ours.toFixed(1)} ms, ratio ${(ours / bare).toFixed(2)}`,
  );
  return ours / bare;
}

async function mirrorRun(servers: ApiServers, load: Load): Promise<Lags> {
  const [a, b] = servers.servers;
  if (a === undefined || b === undefined) throw new Error("a mirror needs two API servers");
  const mirror = fork(join(import.meta.dirname, "mirror.ts"), [a.kubeconfig, b.kubeconfig, load.namespace], {
    silent: true,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      mirror.stdout?.once("data", () => resolve());
      mirror.once("exit", (code) => reject(new Error(`the mirror ended with status ${code}`)));
    });
    return await measure(a.client, b.client, load, "mirror-");
  } finally {
    await ended(mirror);
  }
}

async function sealaneRun(
  servers: ApiServers,
  pair: SealanePair,
  load: Load,
  profile: "profiled" | "plain",
): Promise<Lags> {
  const [a, b] = servers.servers;
  if (a === undefined || b === undefined) throw new Error("a pair needs two API servers");
  const stop = await pair.start(profile);
  try {
    return await measure(a.client, b.client, load, pair.prefix);
  } finally {
    await stop();
  }
}
