// `up`: brings the asked clusters up beside those that run, after taking away what a crash left.

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hubAddress, outsideAddress } from "./addresses.ts";
import { linkPrograms } from "./bin.ts";
import { outsideSessions, startOutsideBird } from "./bird.ts";
import { allPrograms } from "./cache/machine-usr.ts";
import type { Programs } from "./cache/machine-usr.ts";
import { knownMachines, removeLab, removeMachines } from "./cleanup.ts";
import { startCluster } from "./cluster/start.ts";
import { isWritten, writeKubeconfig } from "./cluster/write-kubeconfig.ts";
import { labImages } from "./images/build.ts";
import { withLock } from "./lock.ts";
import { restartDaemon, stoppedDaemons } from "./machine/daemon.ts";
import { findMachine, getMachine, startMachine } from "./machine/machine.ts";
import type { Machine } from "./machine/machine.ts";
import { requireFreeSegment, wireHost, wireMachine, wireSwitch } from "./machine/network.ts";
import { logDirectory } from "./paths.ts";
import { say, step } from "./progress.ts";
import { readRecord, writeRecord } from "./record.ts";
import type { ClusterRecord } from "./record.ts";
import { requireLabMachine } from "./requirements.ts";
import { forgetCluster, startSite } from "./site.ts";
import { machinesOf, plainMachines, planClusters } from "./topology.ts";
import type { TopologyRequest } from "./topology.ts";
import { waitUntil } from "./wait.ts";

const sessionsTimeoutMs = 60_000;

/** Brings up what is asked and does not run yet; clusters that run are left as they are. */
export async function up(request: TopologyRequest): Promise<void> {
  await requireLabMachine();
  await withLock(async () => {
    const running = await keepWhatRuns();
    const plans = planClusters(
      request,
      running.map((cluster) => cluster.plan),
    );
    const missing = plans.filter((plan) => !running.some((cluster) => cluster.plan.name === plan.name));
    await giveAccess(running);
    if (missing.length === 0) {
      say(`already up: ${running.map((cluster) => cluster.plan.name).join(", ")}`);
      return;
    }
    const programs = await allPrograms();
    const images = await labImages(programs);
    await linkPrograms(programs);
    if (running.length === 0) await startSurroundings(programs);
    // What a cluster of the same name left in etcd would pass for the new one's.
    else await Promise.all(missing.map((plan) => forgetCluster(plan.name)));
    const theSwitch = await getMachine("switch");
    // All of them end before an error ends the command, so that nothing starts behind its back.
    const started = await Promise.allSettled(
      missing.map((plan) => startCluster(plan, { programs, images, theSwitch })),
    );
    const failed = started.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    await publish([
      ...running,
      ...started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])),
    ]);
  });
}

/** Clusters that another checkout brought up have their programs and kubeconfigs there: gives this one its own. */
async function giveAccess(clusters: readonly ClusterRecord[]): Promise<void> {
  const accesses = clusters.map(({ admin }) => admin);
  if (accesses.length === 0 || (await isWritten(accesses))) return;
  await linkPrograms(await allPrograms());
  for (const access of accesses) await writeKubeconfig(access.cluster, [access]);
  await writeKubeconfig(undefined, accesses);
}

/** Rewrites all that speaks of every cluster: the record, the joint kubeconfig, the outside host's sessions. */
export async function publish(clusters: readonly ClusterRecord[]): Promise<void> {
  await writeKubeconfig(
    undefined,
    clusters.map((cluster) => cluster.admin),
  );
  const outside = await getMachine("outside");
  await startOutsideBird(
    outside,
    clusters.map((cluster) => cluster.plan),
    "running",
  );
  let seen = { up: 0, all: 0 };
  await waitUntil(
    { what: "the outside host's BGP sessions with every node", timeoutMs: sessionsTimeoutMs },
    async () => {
      seen = await outsideSessions(outside);
      return seen.up === seen.all;
    },
  );
  await writeRecord(clusters);
  say(`up: ${clusters.map((cluster) => cluster.plan.name).join(", ")}; ${seen.up} BGP sessions outside`);
}

/** The clusters that run whole; everything else that is left of an earlier lab is taken away. */
async function keepWhatRuns(): Promise<readonly ClusterRecord[]> {
  const record = await readRecord();
  const known = await knownMachines();
  const surroundings = await Promise.all(plainMachines.map(findMachine));
  const kept: ClusterRecord[] = [];
  if (surroundings.every((machine) => machine !== undefined)) {
    for (const cluster of record?.clusters ?? []) {
      const machines = await Promise.all(machinesOf(cluster.plan).map(({ name }) => findMachine(name)));
      if (machines.every((machine) => machine !== undefined)) kept.push(cluster);
    }
  }
  const keep = new Set<string>(
    kept.length === 0
      ? []
      : [...plainMachines, ...kept.flatMap(({ plan }) => machinesOf(plan).map(({ name }) => name))],
  );
  const broken = known.filter((name) => !keep.has(name));
  if (broken.length > 0) {
    await step(`taking away what an earlier lab left (${broken.join(", ")})`, async () => {
      await removeMachines(broken);
      if (kept.length === 0) await removeLab();
    });
  }
  for (const name of keep) await restartStopped(await getMachine(name));
  return kept;
}

async function restartStopped(machine: Machine): Promise<void> {
  for (const name of await stoppedDaemons(machine)) {
    say(`starting ${name} on ${machine.name} again`);
    await restartDaemon(machine, name);
  }
}

async function startSurroundings(programs: Programs): Promise<void> {
  await rm(logDirectory, { recursive: true, force: true });
  await mkdir(logDirectory, { recursive: true });
  const ip = join(programs.debian, "bin/ip");
  await requireFreeSegment(ip);
  const [theSwitch, hub, outside] = await Promise.all([
    startMachine("switch", programs.usr),
    startMachine("hub", programs.usr),
    startMachine("outside", programs.usr),
  ]);
  await wireSwitch(theSwitch);
  await wireHost(ip);
  await Promise.all([
    wireMachine(theSwitch, hub, hubAddress),
    wireMachine(theSwitch, outside, outsideAddress).then(() => startOutsideBird(outside, [], "new")),
    startSite(theSwitch),
  ]);
}
