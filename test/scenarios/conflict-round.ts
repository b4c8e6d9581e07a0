// One round of conflicting exports: the older cluster exports, the younger follows, something dies in that moment, and when
// all has converged every write of the time between is judged.

import { importAnnotation } from "../../agents/cluster/src/execute/parse-own.ts";
import { readWrites } from "../bench/api-writes.ts";
import type { Writes } from "../bench/api-writes.ts";
import { waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import { waitUntilSettled } from "../lab/sealane.ts";
import { conflictScenarios, conflictsNamespace, exportOf, none, serviceList } from "./conflicting-exports.ts";
import type { ConflictScenario } from "./conflicting-exports.ts";
import { unneededVersions } from "./object-history.ts";
import { keyOf, watchedKinds } from "./object-watch.ts";
import type { ObjectWatch, SeenWrite } from "./object-watch.ts";
import { applyText } from "./story.ts";

/** A cluster and what is seen of it. */
export interface WatchedCluster {
  readonly cluster: LabCluster;
  readonly watch: ObjectWatch;
}

/** Who takes part. */
export interface Parties {
  readonly lab: Lab;
  readonly older: WatchedCluster;
  readonly younger: WatchedCluster;
}

/** What one cluster's API server was asked to write in the time. */
export interface JudgedWrites {
  /** Writes of the round's own objects, by kind; without the younger's exports, which the round itself creates. */
  readonly needed: Readonly<Record<string, number>>;
  /** Writes that were not needed, each with its object and the reason. */
  readonly unneeded: readonly string[];
  /** Requests whose writer died before the answer; some took effect. */
  readonly cutOff: number;
  /** Writes of Sealane's objects elsewhere: where the leader is, what mesh-dns answers. */
  readonly elsewhere: readonly string[];
}

/** Kills; gives what waits until the processes run again. */
export type Strike = () => Promise<() => Promise<void>>;

/** How kube-apiserver counts a request whose client went away before the answer. */
const clientGone = "504";
const convergeTimeoutMs = 120_000;
const quietMs = 4_000;

/** Runs the round. `aim` is asked before the younger cluster exports, so that the strike itself takes no time to find its victim. */
export async function runRound(
  parties: Parties,
  index: number,
  aim: () => Promise<Strike>,
): Promise<{ readonly judged: ReadonlyMap<string, JudgedWrites>; readonly convergedMs: number }> {
  const { lab, older, younger } = parties;
  const names = conflictScenarios.map((scenario) => ({ ...scenario, name: `${scenario.name}-${index}` }));
  await applyText(
    older.cluster,
    await serviceList(
      older.cluster,
      names.map(({ name }) => ({ name, difference: none })),
    ),
  );
  await applyText(
    younger.cluster,
    await serviceList(
      younger.cluster,
      names.map((each) => ({ name: each.name, difference: each })),
    ),
  );
  await Promise.all(names.map(({ name }) => post(older, exportOf(name, none))));
  await converged(parties, names, ["older"]);
  const strike = await aim();
  await quiet(parties);
  const begun = await Promise.all([older, younger].map(mark));
  const beganAt = performance.now();
  // The first two are decided or about to be, the third falls together with the death, the last find whoever is left.
  const create = (each: ConflictScenario) => post(younger, exportOf(each.name, each));
  await Promise.all(names.slice(0, 2).map(create));
  const [isBack] = await Promise.all([strike(), ...names.slice(2, 3).map(create)]);
  await Promise.all(names.slice(3).map(create));
  await isBack();
  await converged(parties, names, ["older", "younger"]);
  const convergedMs = performance.now() - beganAt;
  await waitUntilSettled(lab);
  await quiet(parties);
  const judged = await Promise.all(begun.map((each) => judge(each, names)));
  return {
    judged: new Map(begun.map(({ party }, at) => [party.cluster.name, judged[at] ?? nothing])),
    convergedMs,
  };
}

const nothing: JudgedWrites = { needed: {}, unneeded: ["nobody looked"], cutOff: 0, elsewhere: [] };

interface Mark {
  readonly party: WatchedCluster;
  readonly objects: ReadonlyMap<string, SeenWrite>;
  readonly writes: Writes;
  readonly at: number;
}

async function mark(party: WatchedCluster): Promise<Mark> {
  const writes = await readWrites(party.watch.client);
  return { party, writes, objects: party.watch.snapshot(), at: party.watch.writes.length };
}

async function judge(
  { party: { watch }, objects, writes, at }: Mark,
  names: readonly ConflictScenario[],
): Promise<JudgedWrites> {
  const seen = watch.writes.slice(at);
  const counted = compareCounts(writes, await readWrites(watch.client), seen.length);
  const isOurs = ({ owned, kind }: SeenWrite) => owned || kind === "serviceexports";
  const inside = seen.filter((each) => isOurs(each) && each.object.metadata.namespace === conflictsNamespace);
  const own = inside.filter((each) => names.some(({ name }) => name === importNameOf(each)));
  const strangers = inside.filter((each) => !own.includes(each));
  const needed: Record<string, number> = {};
  for (const each of own) {
    if (each.kind === "serviceexports" && each.event === "ADDED") continue;
    needed[each.kind] = (needed[each.kind] ?? 0) + 1;
  }
  return {
    needed,
    unneeded: [
      ...strangers.map((each) => `${keyOf(each)}: ${each.event}, and it had no part in this`),
      ...histories(objects, own).flatMap(([key, history]) =>
        unneededVersions(history).map((why) => `${key}: ${why}`),
      ),
      ...own.flatMap((each) => disturbed(objects.get(keyOf(each)), each)),
      ...counted.unneeded,
    ],
    cutOff: counted.cutOff,
    elsewhere: seen
      .filter((each) => isOurs(each) && !inside.includes(each))
      .map((each) => `${each.event} ${keyOf(each)}`),
  };
}

/** The versions of each object, beginning with what it was before, or with its creation. */
function histories(
  before: ReadonlyMap<string, SeenWrite>,
  writes: readonly SeenWrite[],
): readonly [string, readonly SeenWrite[]][] {
  const first = (key: string) => [before.get(key)].filter((each) => each !== undefined);
  const keys = [...new Set(writes.map(keyOf))];
  return keys.map((key) => [key, [...first(key), ...writes.filter((each) => keyOf(each) === key)]]);
}

/** The oldest export goes on winning: only ports are united, so nothing else of what carries traffic may change. */
function disturbed(before: SeenWrite | undefined, write: SeenWrite): readonly string[] {
  if (before === undefined || (write.kind !== "services" && write.kind !== "serviceimports")) return [];
  const paths = new Set([...before.values.keys(), ...write.values.keys()]);
  return [...paths]
    .filter((path) => path.startsWith("spec.") && !path.startsWith("spec.ports"))
    .filter((path) => before.values.get(path) !== write.values.get(path))
    .map((path) => `${keyOf(write)}: ${path} changed although the oldest export stayed`);
}

/** What the API server counted beside what was seen: requests that changed no object, were refused, or were cut off. */
function compareCounts(
  before: Writes,
  after: Writes,
  seen: number,
): { readonly unneeded: readonly string[]; readonly cutOff: number } {
  const asked = [...after]
    .map(([key, count]) => ({ key, code: key.split(" ")[2] ?? "", count: count - (before.get(key) ?? 0) }))
    .filter(({ key, count }) => count > 0 && watchedKinds.some((kind) => key.split(/[ /]/)[1] === kind));
  const done = asked.filter(({ code }) => code.startsWith("2"));
  const cutOff = sum(asked.filter(({ code }) => code === clientGone));
  const refused = asked.filter(
    ({ key, code }) => !code.startsWith("2") && code !== clientGone && / service(?:im|ex)ports/.test(key),
  );
  const total = sum(done);
  const text = done.map(({ key, count }) => `${count} ${key}`).join(", ");
  return {
    cutOff,
    unneeded: [
      ...refused.map(({ key, count }) => `${count} refused: ${key}`),
      ...(total <= seen && seen <= total + cutOff
        ? []
        : [`${total} writes were answered, ${cutOff} cut off, and ${seen} seen: ${text}`]),
    ],
  };
}

function sum(counts: readonly { readonly count: number }[]): number {
  return counts.reduce((total, { count }) => total + count, 0);
}

/** The exported name that an object belongs to; empty for none. */
function importNameOf({ kind, object: { metadata } }: SeenWrite): string {
  if (kind === "serviceexports" || kind === "serviceimports") return metadata.name;
  const { annotations = {}, labels = {} } = metadata;
  return annotations[importAnnotation] ?? labels["multicluster.kubernetes.io/service-name"] ?? "";
}

async function post({ watch }: WatchedCluster, body: object): Promise<void> {
  const path = `/apis/multicluster.x-k8s.io/v1beta1/namespaces/${conflictsNamespace}/serviceexports`;
  await watch.client.request("POST", path, { body });
}

/** Waits until exports and imports say what they should, everywhere. */
async function converged(
  { older, younger }: Parties,
  names: readonly ConflictScenario[],
  exporting: readonly ("older" | "younger")[],
): Promise<void> {
  const conflicting = exporting.includes("younger");
  const clusters = [older, ...(conflicting ? [younger] : [])];
  const exporters = clusters
    .map(({ cluster }) => cluster.name)
    .toSorted()
    .join();
  for (const { name, reason } of names) {
    const want = ["Valid=True", "Ready=True", conflicting ? `Conflict=True ${reason}` : "Conflict=False"];
    for (const { cluster, watch } of clusters) {
      const what = `${want.join(", ")} at the export of ${name} in ${cluster.name}`;
      await waitUntil({ what, timeoutMs: convergeTimeoutMs, intervalMs: 50 }, () => {
        const said = conditionsOf(watch.newest("serviceexports", conflictsNamespace, name));
        return want.every((each) => said.some((one) => one.startsWith(each)));
      });
    }
    for (const { cluster, watch } of [older, younger]) {
      const what = `the import of ${name} in ${cluster.name} to name ${exporters}`;
      await waitUntil({ what, timeoutMs: convergeTimeoutMs, intervalMs: 50 }, () => {
        const found = watch.newest("serviceimports", conflictsNamespace, name)?.object.status;
        return (
          (found?.clusters ?? [])
            .map((each) => each.cluster)
            .toSorted()
            .join() === exporters
        );
      });
    }
  }
}

function conditionsOf(seen: SeenWrite | undefined): readonly string[] {
  return (seen?.object.status?.conditions ?? []).map(
    ({ type, status, reason }) => `${type}=${status} ${reason}`,
  );
}

/** Waits until Sealane has written nothing for a while, in both clusters. */
async function quiet({ older, younger }: Parties): Promise<void> {
  const newest = () =>
    Math.max(
      ...[older, younger].map(
        ({ watch }) =>
          watch.writes.findLast(({ owned, kind }) => owned || kind === "serviceexports")?.atMs ?? 0,
      ),
    );
  const since = performance.now();
  await waitUntil(
    { what: "nothing to be written any more", timeoutMs: convergeTimeoutMs, intervalMs: 250 },
    () => {
      return performance.now() - Math.max(since, newest()) >= quietMs;
    },
  );
}
