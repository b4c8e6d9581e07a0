// The running lab's record on disk: which clusters there are, with all that later commands need. It is
// written when a part is up, and removed with the state.

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Access } from "./cluster/kubeconfig.ts";
import { stateDirectory } from "./paths.ts";
import type { ClusterPlan } from "./topology.ts";

/** A cluster that is up. */
export interface ClusterRecord {
  readonly plan: ClusterPlan;
  /** The administrator's access to its API server. */
  readonly admin: Access;
}

/** A lab that is up, or was when its machine crashed. */
export interface LabRecord {
  readonly clusters: readonly ClusterRecord[];
  /** The kernel's boot when it was written: after another, nothing of it runs. */
  readonly boot: string;
}

const path = join(stateDirectory, "lab.json");

/** The record of this boot's lab, or undefined when there is none. */
export async function readRecord(): Promise<LabRecord | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as LabRecord;
  return record.boot === (await bootId()) ? record : undefined;
}

/** Replaces the record in one step. */
export async function writeRecord(clusters: readonly ClusterRecord[]): Promise<void> {
  const record: LabRecord = { clusters, boot: await bootId() };
  await mkdir(stateDirectory, { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify(record, undefined, 2), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}
