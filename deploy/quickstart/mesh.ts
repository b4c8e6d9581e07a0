// Starts what the quickstart shows: the shipped hub, and for each cluster the shipped agent in its directory form,
// joined with a token of its own. Everything speaks TLS over loopback.

import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Hub } from "../../services/cli/src/connect/hub.ts";
import { openHub } from "../../services/cli/src/connect/hub.ts";
import { lastWords } from "./complaints.ts";
import { freePorts, hubPort, loopback } from "./ports.ts";
import type { Processes } from "./processes.ts";
import { placesOf, replaceFile, writeConfig } from "./site.ts";
import type { Site } from "./site.ts";

const hubTimeoutMs = 60_000;
const callTimeoutMs = 5_000;
const lookMs = 25;
const tokenTtlSeconds = 600;

/** Starts the hub and opens its admin API as the first administrator. Rejects when it is not ready in time. */
export async function startHub(
  site: Site,
  processes: Processes,
  wantedPort: number | undefined,
  signal: AbortSignal,
): Promise<Hub> {
  const port = await hubPort(wantedPort);
  // The hub writes it when it serves; an earlier run's would say so too early.
  const ready = join(site.hubData, "admin", "config.yaml");
  await rm(ready, { force: true });
  await processes.launch("hub", "services/hub/src/main.ts", [
    ...[`--data=${site.hubData}`, `--documents=${site.documents}`],
    ...[`--listen=${loopback}:${port}`, `--join-listen=${loopback}:${port - 1}`],
    ...[`--advertise=${loopback}`, `--metrics-listen=${loopback}:0`],
  ]);
  const deadline = performance.now() + hubTimeoutMs;
  while (!(await exists(ready))) {
    if (performance.now() > deadline) {
      const log = join(site.logs, "hub.log");
      throw new Error(
        `The hub was not ready within ${hubTimeoutMs / 1000} s: ${lastWords(log)}. Its log: ${log}`,
      );
    }
    await delay(lookMs, undefined, { signal });
  }
  await writeConfig(site, `${loopback}:${port}`);
  const nowhere = { write: () => undefined, colour: false };
  return openHub(
    { config: site.config, timeoutMs: callTimeoutMs },
    { stdout: nowhere, stderr: nowhere, env: {}, home: site.root, now: Date.now, signal },
  );
}

/** Starts the agents of these clusters, each with a new token unless it is a member already. */
export async function startAgents(
  site: Site,
  processes: Processes,
  hub: Hub,
  clusters: readonly string[],
): Promise<void> {
  const ports = await freePorts(clusters.length);
  for (const [index, cluster] of clusters.entries()) {
    const { manifests, rendered, state, token } = placesOf(site, cluster);
    if (!(await exists(join(state, "membership.json"))))
      await replaceFile(token, await newToken(hub, cluster));
    await processes.launch(`agent-${cluster}`, "agents/cluster/src/main.ts", [
      ...[`--directory=${manifests}`, `--output=${rendered}`, `--state=${state}`],
      ...[`--hub=${hub.address}`, `--token-file=${token}`],
      `--metrics-listen=${loopback}:${ports[index] ?? 0}`,
    ]);
  }
}

async function newToken(hub: Hub, cluster: string): Promise<string> {
  const answer = await hub.ask(`create a token for "${cluster}"`, `cluster/${cluster}`, (client, options) =>
    client.createToken({ cluster, ttlSeconds: tokenTtlSeconds }, options),
  );
  return `${answer.token}\n`;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
