// What importing costs: a cold import of many exports beside a bare copy of them, the writes of one endpoint's change, the
// writes of restarts, and a minute in which everything is exported and taken back. Prints, and says whether the counts hold.

import type { ChildProcess } from "node:child_process";
import { waitUntil } from "../lab/wait.ts";
import { ended, startApiServers } from "./api-servers.ts";
import { churn } from "./churn.ts";
import { clear, mirrorCold, sealaneCold } from "./cold-import.ts";
import type { ColdTimes } from "./cold-import.ts";
import { cpuSeconds, cpuText, readCpuTimes } from "./cpu-time.ts";
import type { CpuTimes } from "./cpu-time.ts";
import { createExport, createServices, exportsMax, inParallel } from "./exports.ts";
import type { ImportingPair } from "./importing-pair.ts";
import { makePair, settle } from "./importing-pair.ts";
import { countChanges, countRestarts } from "./import-writes.ts";
import { createNamespace } from "./prepare-cluster.ts";
import type { Profile } from "./sealane-processes.ts";
import { agentGauge, serverAt, startJoinedAgent } from "./sealane-processes.ts";
import { spread } from "./statistics.ts";

/** What to measure. */
export interface ImportOptions {
  readonly runs: number;
  /** At most a thousand. */
  readonly exports: number;
  /** Endpoint changes whose writes are counted. */
  readonly changes: number;
  /** Writes CPU profiles of the hub and the agents and says where. */
  readonly profile: Profile;
}

const namespace = "bench";

/** Runs and prints; whether every count is what it must be. */
export async function measureImports(options: ImportOptions): Promise<boolean> {
  const { exports } = options;
  if (exports > exportsMax) throw new Error(`at most ${exportsMax} exports can be told apart`);
  const servers = await startApiServers(["a", "b"]);
  // After a failure, and beside profiles, the folder with the logs stays.
  let end = servers.stop;
  try {
    const pair = await makePair(servers, options.profile);
    try {
      const holds = await measureAll(pair, options);
      if (options.profile === "plain") end = servers.close;
      else console.log(`CPU profiles were written to ${servers.directory}/profiles`);
      return holds;
    } finally {
      await Promise.all([...pair.children.values()].map((child) => ended(child)));
    }
  } finally {
    await end();
  }
}

async function measureAll(pair: ImportingPair, options: ImportOptions): Promise<boolean> {
  const { exports, changes } = options;
  await prepareExports(pair, exports);
  await namespaceRun(pair, exports);
  await coldRuns(pair, options);
  await settle(pair, exports);
  const holds = [
    await countChanges(pair, { namespace, services: exports, changes }),
    await countRestarts(pair, { namespace, exports }),
    await churn(pair, { exports, seconds: 60, standing: exports }),
  ];
  return !holds.includes(false);
}

async function prepareExports({ servers }: ImportingPair, exports: number): Promise<void> {
  const { client } = serverAt(servers, 0);
  await createNamespace(client, namespace);
  await createServices(client, namespace, exports);
  await inParallel(exports, (service) => createExport(client, namespace, service));
}

/** Everything is connected and the namespace is missing; then it is created. */
async function namespaceRun(pair: ImportingPair, exports: number): Promise<void> {
  await settle(pair, exports, "exporter");
  await waitUntil({ what: "the importing agent's session", timeoutMs: 60_000 }, async () => {
    return (await agentGauge(1, "sealane_session_up")) === 1;
  });
  const { client } = serverAt(pair.servers, 1);
  const startedAt = performance.now();
  await createNamespace(client, namespace);
  await settle(pair, exports);
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(`namespace created: ${exports} imports, their status too, within ${seconds.toFixed(1)} s`);
}

async function coldRuns(pair: ImportingPair, { runs, exports }: ImportOptions): Promise<void> {
  const { servers, children } = pair;
  const { client } = serverAt(servers, 1);
  const ratios = { whole: [] as number[], copying: [] as number[], work: [] as number[] };
  const prepareRun = async () => {
    await clear(client, namespace);
    await settle(pair, exports, "exporter");
    return await readCpuTimes(pair.processes());
  };
  const conclude = async (title: string, times: ColdTimes, before: CpuTimes) => {
    const after = await readCpuTimes(pair.processes());
    print(title, times);
    console.log(`  processor time: ${cpuText(before, after)}`);
    return cpuSeconds(before, after, ["apiserver-b", "etcd"]);
  };
  for (let run = 1; run <= runs; run++) {
    await stopAgent(children, "agent-b");
    const idle = await prepareRun();
    const floor = await mirrorCold(servers, namespace, exports);
    const floorWork = await conclude(`run ${run} mirror`, floor, idle);
    const before = await prepareRun();
    const start = () => startJoinedAgent(servers, 1, pair.profile);
    const { times, process } = await sealaneCold(servers, namespace, exports, start);
    children.set("agent-b", process);
    const work = await conclude(`run ${run} sealane`, times, before);
    ratios.whole.push(times.all / floor.all);
    ratios.copying.push((times.all - times.first) / (floor.all - floor.first));
    ratios.work.push(work / floorWork);
  }
  console.log(
    `cold import of ${exports} exports, from the start of the process: ${spread(ratios.whole)} times the mirror`,
  );
  console.log(`the same, from the first object to the last: ${spread(ratios.copying)} times the mirror`);
  console.log(`processor time of API server and etcd for it: ${spread(ratios.work)} times the mirror's`);
}

async function stopAgent(children: Map<string, ChildProcess>, name: string): Promise<void> {
  const child = children.get(name);
  if (child !== undefined) await ended(child);
  children.delete(name);
}

function print(title: string, { first, all, said }: ColdTimes): void {
  const status = said === undefined ? "" : `, every status written after ${said.toFixed(2)} s`;
  console.log(
    `${title}: first object after ${first.toFixed(2)} s, the last after ${all.toFixed(2)} s${status}`,
  );
}
