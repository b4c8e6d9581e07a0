// Every process killed at the moment in which a second cluster exports services that conflict with the first one's: ports,
// type, labels, families and affinity at once. What the API servers are asked to write until all has converged is counted,
// and nothing of it may be without need: no write that changes nothing, none that is taken back, none that is refused, none of a bystander.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { restartDaemon, waitFor } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import { waitUntilSettled } from "../lab/sealane.ts";
import { agent, componentPods, front, killComponent, leaderOf, peers, speaker } from "./components.ts";
import type { Component, ComponentPod } from "./components.ts";
import { runRound } from "./conflict-round.ts";
import type { JudgedWrites, Parties, Strike } from "./conflict-round.ts";
import { conflictsNamespace } from "./conflicting-exports.ts";
import { watchObjects } from "./object-watch.ts";
import { applyText, clusterOf, kubectl, openStory } from "./story.ts";

let lab: Lab;
let a: LabCluster;
let b: LabCluster;
let parties: Parties;
let undisturbed: ReadonlyMap<string, JudgedWrites> = new Map();

beforeAll(async () => {
  lab = await openStory();
  a = clusterOf(lab, "a");
  b = clusterOf(lab, "b");
  for (const cluster of [a, b]) await applyText(cluster, namespaceManifest);
  const [older, younger] = await Promise.all(
    [a, b].map(async (cluster) => ({ cluster, watch: await watchObjects(cluster) })),
  );
  if (older === undefined || younger === undefined) throw new Error("two clusters are needed");
  parties = { lab, older, younger };
});

afterAll(async () => {
  for (const cluster of [a, b].filter((each) => each !== undefined))
    await kubectl(cluster, [
      "delete",
      "namespace",
      conflictsNamespace,
      "--ignore-not-found",
      "--timeout=90s",
    ]);
  if (lab !== undefined) await waitUntilSettled(lab);
  await Promise.all([parties?.older.watch.close(), parties?.younger.watch.close()]);
});

interface Death {
  readonly what: string;
  readonly aim: () => Promise<Strike>;
  /** The cluster in which whoever writes dies. */
  readonly writerDies?: string;
}

const deaths: readonly Death[] = [
  { what: "nothing", aim: () => Promise.resolve(() => Promise.resolve(() => Promise.resolve())) },
  { what: "the hub", aim: () => Promise.resolve(killHub) },
  { what: "the leading agent of the older cluster", aim: () => aimAtLeader(a), writerDies: "a" },
  { what: "the leading agent of the younger cluster", aim: () => aimAtLeader(b), writerDies: "b" },
  { what: "every speaker", aim: () => aimAt([speaker]) },
  { what: "every mesh-dns", aim: () => aimAt([front, peers]) },
];

describe.each(deaths.map((death, index) => ({ ...death, index })))(
  "kill -9 of $what while five conflicting services are exported",
  ({ what, aim, writerDies, index }) => {
    it("costs no write that is not needed (MCS 28)", { timeout: 360_000 }, async () => {
      const { judged, convergedMs } = await runRound(parties, index, aim);
      if (index === 0) undisturbed = judged;
      for (const [cluster, { needed, unneeded, cutOff, elsewhere }] of judged) {
        console.log(
          `${what} killed, ${cluster}: ${textOf(needed)} (undisturbed: ${textOf(undisturbed.get(cluster)?.needed)}), not needed ${unneeded.length}, cut off by the death ${cutOff}; elsewhere ${elsewhere.join(", ") || "none"}`,
        );
      }
      console.log(`${what} killed: converged ${(convergedMs / 1_000).toFixed(1)} s after the second exports`);
      for (const { unneeded } of judged.values()) expect(unneeded).toEqual([]);
      const cutOff = [...judged].filter(([cluster, each]) => each.cutOff > 0 && cluster !== writerDies);
      expect(cutOff).toEqual([]);
    });
  },
);

async function killHub(): Promise<() => Promise<void>> {
  await restartDaemon(lab.hub, "sealane-hub", "SIGKILL");
  return () => Promise.resolve();
}

async function aimAtLeader(cluster: LabCluster): Promise<Strike> {
  const before = await leaderOf(cluster);
  const pod = (await componentPods(cluster, agent)).find(({ name }) => name === before.pod);
  if (pod === undefined) throw new Error(`No agent of ${cluster.name} is the holder "${before.pod}"`);
  return async () => {
    const isBack = await killComponent(agent, pod);
    return async () => {
      await waitFor({ what: `a new leader in ${cluster.name}`, timeoutMs: 90_000 }, async () =>
        (await leaderOf(cluster)).epoch > before.epoch ? true : undefined,
      );
      await isBack();
    };
  };
}

/** Every pod of these components, in both clusters. */
async function aimAt(components: readonly Component[]): Promise<Strike> {
  const victims: { component: Component; pod: ComponentPod }[] = [];
  for (const cluster of [a, b]) {
    for (const component of components)
      for (const pod of await componentPods(cluster, component)) victims.push({ component, pod });
  }
  return async () => {
    const waits = await Promise.all(victims.map(({ component, pod }) => killComponent(component, pod)));
    return async () => void (await Promise.all(waits.map((wait) => wait())));
  };
}

function textOf(needed: Readonly<Record<string, number>> | undefined): string {
  const counts = Object.entries(needed ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return counts.map(([kind, count]) => `${count} ${kind}`).join(", ") || "none";
}

const namespaceManifest = `
apiVersion: v1
kind: Namespace
metadata:
  name: ${conflictsNamespace}
`;
