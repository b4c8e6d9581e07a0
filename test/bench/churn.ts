// Everything exported and taken back within a minute, while as much again stands still: what is left behind, how long that
// takes, and what it costs.

import { setTimeout as delay } from "node:timers/promises";
import { waitUntil } from "../lab/wait.ts";
import { quietWrites, readWrites, writesBetween } from "./api-writes.ts";
import { collections, createExport, createServices, deleteExport } from "./exports.ts";
import type { ImportingPair } from "./importing-pair.ts";
import { settle } from "./importing-pair.ts";
import { createNamespace } from "./prepare-cluster.ts";
import { serverAt } from "./sealane-processes.ts";
import { quantile } from "./statistics.ts";
import { readFile } from "node:fs/promises";

const namespace = "churn";

/** Exports every service in the first half of the time and takes each back in the second; whether nothing is left. */
export async function churn(
  pair: ImportingPair,
  load: { readonly exports: number; readonly seconds: number; readonly standing: number },
): Promise<boolean> {
  const { exports, seconds, standing } = load;
  const [a, b] = [serverAt(pair.servers, 0), serverAt(pair.servers, 1)];
  for (const { client } of [a, b]) await createNamespace(client, namespace);
  await createServices(a.client, namespace, exports);
  const before = await Promise.all([a, b].map(({ client }) => readWrites(client)));
  const startedAt = performance.now();
  const spanMs = (seconds * 1_000) / 2;
  const waits = [
    ...(await paced(exports, spanMs, (service) => createExport(a.client, namespace, service))),
    ...(await paced(exports, spanMs, (service) => deleteExport(a.client, namespace, service))),
  ];
  const tookMs = performance.now() - startedAt;
  const late = `each asked for within ${quantile(waits, 0.5).toFixed(0)} ms (p50), ${quantile(waits, 0.99).toFixed(0)} ms (p99)`;
  console.log(`${exports} exports created and deleted in ${(tookMs / 1_000).toFixed(1)} s, ${late}`);
  const left = await untilGone(pair);
  const goneSeconds = (performance.now() - startedAt - tookMs) / 1_000;
  if (left.length === 0) await settle(pair, standing);
  const bounds = { quietMs: 3_000, timeoutMs: 120_000 };
  for (const [index, server] of [a, b].entries()) {
    const after = await quietWrites(server.client, `API server ${server.name} to be left alone`, bounds);
    const { counted, countedText, apart, apartText } = writesBetween(before[index] ?? new Map(), after);
    console.log(`  ${server.name}: ${counted} writes: ${countedText}; apart ${apart}: ${apartText}`);
  }
  const gone =
    left.length === 0 ? `nothing is left ${goneSeconds.toFixed(1)} s after the last` : left.join("; ");
  console.log(`  ${gone} (${left.length === 0 ? "holds" : "DOES NOT HOLD"}); ${await memoryText(pair)}`);
  return left.length === 0;
}

/** Runs evenly over a time, and not one after the other; gives how long each took to be answered, milliseconds. */
async function paced(
  count: number,
  spanMs: number,
  run: (index: number) => Promise<void>,
): Promise<readonly number[]> {
  const startedAt = performance.now();
  const running: Promise<number>[] = [];
  const timed = async (index: number) => {
    const askedAt = performance.now();
    await run(index);
    return performance.now() - askedAt;
  };
  for (let index = 0; index < count; index++) {
    const due = startedAt + (index * spanMs) / count;
    if (due > performance.now()) await delay(due - performance.now());
    running.push(timed(index));
  }
  return Promise.all(running);
}

/** What is still there of imports when the wait is over, as phrases; empty when nothing is. */
async function untilGone({ servers }: ImportingPair): Promise<readonly string[]> {
  let left: readonly string[] = [];
  const look = async () => {
    const found = await Promise.all(servers.servers.map(({ client, name }) => ownedIn(client, name)));
    left = found.flat();
    return left.length === 0;
  };
  const what = "every import of an export that was taken back to go";
  await waitUntil({ what, timeoutMs: 90_000, intervalMs: 500 }, look).catch(() => undefined);
  return left;
}

async function ownedIn(client: Parameters<typeof readWrites>[0], name: string): Promise<readonly string[]> {
  const query = { labelSelector: "app.kubernetes.io/managed-by=sealane" };
  const kinds = ["services", "slices", "imports"] as const;
  const counts = await Promise.all(
    kinds.map(async (kind) => {
      const list = (await client.request("GET", collections[kind](namespace), { query })) as {
        items: unknown[];
      };
      return { kind, count: list.items.length };
    }),
  );
  return counts.filter(({ count }) => count > 0).map(({ kind, count }) => `${count} ${kind} left in ${name}`);
}

async function memoryText({ children }: ImportingPair): Promise<string> {
  const texts = [...children].map(async ([name, { pid }]) => {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN);
    return `${name} ${(kilobytes / 1_024).toFixed(0)} MiB`;
  });
  return `most memory: ${(await Promise.all(texts)).join(", ")}`;
}
