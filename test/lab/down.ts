// `down`: takes the whole lab away, or some of its clusters, and proves that nothing is left.

import { rm } from "node:fs/promises";
import { knownMachines, removeLab, removeMachines } from "./cleanup.ts";
import { withLock } from "./lock.ts";
import { binDirectory, kubeconfigPath, sealaneDirectory } from "./paths.ts";
import { step } from "./progress.ts";
import { readRecord } from "./record.ts";
import { forgetCluster } from "./site.ts";
import { machinesOf } from "./topology.ts";
import { publish } from "./up.ts";

/** Takes the whole lab away. Throws naming every process, namespace, mount, link or group that stays. */
export async function down(): Promise<void> {
  await withLock(() => step("taking the lab away", removeEverything));
}

/** Takes these clusters away and leaves the others alone. Throws on a name that does not run. */
export async function downClusters(names: readonly string[]): Promise<void> {
  await withLock(async () => {
    const clusters = (await readRecord())?.clusters ?? [];
    const unknown = names.find((name) => !clusters.some((cluster) => cluster.plan.name === name));
    if (unknown !== undefined) {
      throw new Error(
        `Cannot take cluster "${unknown}" away: it does not run; running: ${clusters.map(({ plan }) => plan.name).join(", ") || "none"}`,
      );
    }
    const stay = clusters.filter((cluster) => !names.includes(cluster.plan.name));
    if (stay.length === 0) {
      await step("taking the lab away", removeEverything);
      return;
    }
    await step(`taking ${names.join(", ")} away`, async () => {
      const leaving = clusters.filter((cluster) => names.includes(cluster.plan.name));
      await removeMachines(leaving.flatMap(({ plan }) => machinesOf(plan).map(({ name }) => name)));
      for (const { plan } of leaving) {
        await forgetCluster(plan.name);
        await rm(kubeconfigPath(plan.name), { force: true });
      }
      await publish(stay);
    });
  });
}

async function removeEverything(): Promise<void> {
  const clusters = (await readRecord())?.clusters ?? [];
  await removeMachines(await knownMachines());
  await removeLab();
  const files = [
    kubeconfigPath(),
    ...clusters.map(({ plan }) => kubeconfigPath(plan.name)),
    binDirectory,
    sealaneDirectory,
  ];
  await Promise.all(files.map((path) => rm(path, { recursive: true, force: true })));
}
