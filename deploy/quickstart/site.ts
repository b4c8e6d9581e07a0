// Where one run keeps everything, and how that folder is made: from the input manifests, clean unless told to go
// on. Refuses to empty a folder that no quickstart made.

import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { QuickstartOptions } from "./options.ts";

/** Also says whose folder it is. */
const recordName = "quickstart.json";

/** The folder of one run. */
export interface Site {
  readonly root: string;
  /** Configuration of the command line, there while the quickstart runs. */
  readonly config: string;
  readonly hubData: string;
  readonly documents: string;
  readonly logs: string;
  /** Names of the clusters, sorted. */
  readonly clusters: readonly string[];
}

/** The folders and files of one cluster. */
export interface ClusterPlaces {
  /** What its agent reads: edit these. */
  readonly manifests: string;
  /** What its agent writes. */
  readonly rendered: string;
  /** What its agent keeps. */
  readonly state: string;
  readonly token: string;
  readonly log: string;
}

/** The places of one cluster. */
export function placesOf({ root, logs }: Site, cluster: string): ClusterPlaces {
  return {
    manifests: join(root, "clusters", cluster),
    rendered: join(root, "rendered", cluster),
    state: join(root, "agents", cluster),
    token: join(root, "tokens", cluster),
    log: join(logs, `agent-${cluster}.log`),
  };
}

/** What a run leaves in its folder for the next one: its process and those that it started. */
export interface RunRecord {
  readonly pid: number;
  readonly children: readonly number[];
}

/** The record of the run that used this folder last; undefined when none did. */
export async function readRecord(directory: string): Promise<RunRecord | undefined> {
  const text = await readFile(join(directory, recordName), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as RunRecord);
}

/** Records this run's processes. */
export function writeRecord(directory: string, children: readonly number[]): Promise<void> {
  const record: RunRecord = { pid: process.pid, children };
  return replaceFile(join(directory, recordName), `${JSON.stringify(record)}\n`);
}

/** Makes the folder ready for a run. Rejects with what is wrong and what to do. */
export async function prepareSite(options: QuickstartOptions): Promise<Site> {
  const { directory: root, keep } = options;
  await refuseForeign(root);
  if (!keep) {
    await requireClusters(options.clusters);
    await rm(root, { recursive: true, force: true });
  }
  await mkdir(root, { recursive: true, mode: 0o700 });
  await writeRecord(root, []);
  const inputs = join(root, "clusters");
  const documents = join(root, "documents");
  if ((await folders(inputs)).length === 0) await cp(options.clusters, inputs, { recursive: true });
  await cp(join(import.meta.dirname, "documents"), documents, { recursive: true, force: false });
  const clusters = await requireClusters(inputs);
  const site = {
    root,
    config: join(root, "config.yaml"),
    hubData: join(root, "hub"),
    documents,
    logs: join(root, "logs"),
    clusters,
  };
  await rm(site.logs, { recursive: true, force: true });
  for (const folder of [site.logs, join(root, "tokens")]) await mkdir(folder, { recursive: true });
  return site;
}

/** Gives the command line what it needs to reach the hub: where it is, and the first administrator's files. */
export async function writeConfig(site: Site, hub: string): Promise<void> {
  const admin = join(site.hubData, "admin");
  const files = { ca: "ca.crt", certificate: "tls.crt", key: "tls.key" };
  const paths = Object.entries(files).map(([field, name]) => [field, join(admin, name)]);
  const text = `# The quickstart's hub, while it runs.\n${stringify({ hub, ...Object.fromEntries(paths) })}`;
  await replaceFile(site.config, text);
}

/** Replaces a file in one step; readable by its user alone. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const slash = path.lastIndexOf("/");
  const passing = `${path.slice(0, slash)}/.${path.slice(slash + 1)}.new`;
  await writeFile(passing, text, { mode: 0o600 });
  await rename(passing, path);
}

/** A folder that holds something else than a quickstart's run is somebody's. */
async function refuseForeign(root: string): Promise<void> {
  const found = await readdir(root).catch(() => []);
  if (found.length === 0) return;
  if ((await readRecord(root)) !== undefined) return;
  throw new Error(
    `Cannot use the folder "${root}": it holds ${found.slice(0, 3).join(", ")} and no earlier run of the quickstart. ` +
      "Name an empty or a new one with --directory.",
  );
}

async function requireClusters(folder: string): Promise<readonly string[]> {
  const found = await folders(folder);
  if (found.length > 0) return found;
  throw new Error(
    `Cannot find clusters in "${folder}": it must hold one folder of manifests for each cluster, named as the cluster.`,
  );
}

async function folders(parent: string): Promise<readonly string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.filter((name) => !name.startsWith(".")).toSorted();
}
