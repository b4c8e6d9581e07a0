// How many writes an endpoint's change costs the importing cluster, and a restart both clusters, by the API servers' own
// count.

import { waitUntil } from "../lab/wait.ts";
import { setTimeout as delay } from "node:timers/promises";
import { ended } from "./api-servers.ts";
import { quietWrites, writesBetween } from "./api-writes.ts";
import type { Writes, WriteTally } from "./api-writes.ts";
import { addressesIn, changeEndpoint, endpointAddress } from "./exports.ts";
import type { ImportingPair, ProcessName } from "./importing-pair.ts";
import { settle, startProcess } from "./importing-pair.ts";
import { serverAt } from "./sealane-processes.ts";

const bounds = { quietMs: 3_000, timeoutMs: 120_000 };
const changesPerSecond = 20;
/** Of imported slices. */
const prefix = "sealane-";

/** Changes endpoints one after the other, each of another service in turn; whether each cost one write. */
export async function countChanges(
  pair: ImportingPair,
  load: { readonly namespace: string; readonly services: number; readonly changes: number },
): Promise<boolean> {
  const { namespace, services, changes } = load;
  const before = await quiet(pair);
  const expected = new Map<number, string>();
  for (let n = 0; n < changes; n++) {
    const [service, change] = [n % services, 1 + Math.floor(n / services)];
    await changeEndpoint(serverAt(pair.servers, 0).client, namespace, service, change);
    expected.set(service, endpointAddress(service, change));
    await delay(1_000 / changesPerSecond);
  }
  await arrived(pair, namespace, [...expected.values()]);
  const [a, b] = tallies(before, await quiet(pair));
  const holds = b.counted === changes;
  console.log(
    `${changes} endpoint changes: ${b.counted} writes in the importing cluster, ${(b.counted / changes).toFixed(2)} each (${verdict(holds)}, must be 1)`,
  );
  printTally("importing", b);
  printTally("exporting, the changes themselves too", a);
  return holds;
}

/** Ends and starts each process, and proves with one change that everything works again; whether nothing else was written. */
export async function countRestarts(
  pair: ImportingPair,
  { namespace, exports }: { readonly namespace: string; readonly exports: number },
): Promise<boolean> {
  let holds = true;
  let change = 40;
  for (const name of ["agent-b", "agent-a", "hub"] as const) {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const before = await quiet(pair);
      const startedAt = performance.now();
      await restart(pair, name, signal);
      await settle(pair, exports);
      await changeEndpoint(serverAt(pair.servers, 0).client, namespace, 0, ++change);
      await arrived(pair, namespace, [endpointAddress(0, change)]);
      const seconds = (performance.now() - startedAt) / 1_000;
      const [a, b] = tallies(before, await quiet(pair));
      // The proving change is one write here, and there two: the bench's and the import of it.
      const [inA, inB] = [a.counted - 2, b.counted - 1];
      const held = inA === 0 && inB === 0;
      holds &&= held;
      console.log(
        `${signal} of ${name}, ${exports} imports: ${inB} writes in the importing cluster, ${inA} in the exporting one besides the proving change, which had crossed after ${seconds.toFixed(1)} s (${verdict(held)}, must be 0)`,
      );
      printTally("importing", b);
      printTally("exporting", a);
    }
  }
  return holds;
}

async function restart(pair: ImportingPair, name: ProcessName, signal: NodeJS.Signals): Promise<void> {
  const child = pair.children.get(name);
  if (child === undefined) throw new Error(`${name} does not run`);
  if (signal !== "SIGTERM") child.kill(signal);
  await ended(child);
  pair.children.set(name, await startProcess(pair, name));
}

async function arrived(pair: ImportingPair, namespace: string, addresses: readonly string[]): Promise<void> {
  const { client } = serverAt(pair.servers, 1);
  const what = `${addresses.length} changed endpoints to be imported`;
  await waitUntil({ what, timeoutMs: 60_000, intervalMs: 250 }, async () => {
    const there = await addressesIn(client, namespace, prefix);
    return addresses.every((address) => there.has(address));
  });
}

function quiet({ servers }: ImportingPair): Promise<Writes[]> {
  return Promise.all(
    servers.servers.map(({ client, name }) =>
      quietWrites(client, `API server ${name} to be left alone`, bounds),
    ),
  );
}

function tallies(before: readonly Writes[], after: readonly Writes[]): [WriteTally, WriteTally] {
  const none: Writes = new Map();
  return [
    writesBetween(before[0] ?? none, after[0] ?? none),
    writesBetween(before[1] ?? none, after[1] ?? none),
  ];
}

function printTally(where: string, { countedText, apart, apartText }: WriteTally): void {
  console.log(`  ${where}: ${countedText}; apart ${apart}: ${apartText}`);
}

function verdict(holds: boolean): string {
  return holds ? "holds" : "DOES NOT HOLD";
}
