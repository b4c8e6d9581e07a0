// The execute port over a folder of rendered files: imports, routes of each node, names and a status. It owns the
// queues; what is in a file and when it may go is decided by those who write it.

import { clearInterval, setInterval } from "node:timers";
import type { Count, Finding, ShardKind, View } from "@sealane/core";
import { splitReachKey } from "@sealane/core";
import type { ShardChange } from "@sealane/wire";
import type { NamesReport } from "../../dns/publish.ts";
import { TreeWatch } from "../../directory/watch-tree.ts";
import { messageOf } from "../../kube/error.ts";
import { objectKey, splitKey } from "../../kube/store.ts";
import type { ObjectKey } from "../../kube/store.ts";
import type { Observer } from "../../observe/observer.ts";
import { untilDone } from "../../retry.ts";
import type { EventSink } from "../export-events.ts";
import { KeyedQueue } from "../keyed-queue.ts";
import { ForeignObject } from "../own-kind.ts";
import type { ClusterExecutor } from "../port.ts";
import type { AddressPool } from "./address-pool.ts";
import { ExportConditions } from "./export-conditions.ts";
import { FileRepairs } from "./file-repairs.ts";
import { ImportFiles } from "./import-files.ts";
import { NameFiles } from "./name-files.ts";
import type { RenderedFolder } from "./rendered-folder.ts";
import { RouteFiles } from "./route-files.ts";
import type { NodeRoutes } from "./route-files.ts";
import type { SiteStatus } from "./status-file.ts";
import { parseStatusConditions, statusText } from "./status-file.ts";

/** What to make so, and where. */
export interface DirectoryExecutorOptions {
  readonly folder: RenderedFolder;
  readonly pool: AddressPool;
  readonly clusterName: string;
  /** What the hub published, as far as it is known. */
  readonly view: View;
  /** What is known of this site. */
  readonly cluster: Observer;
  readonly events: EventSink;
  /** What the status says beside what is made here; its findings come first. */
  readonly about: () => Pick<SiteStatus, "incarnation" | "session" | "quarantine" | "findings">;
  readonly onProblem: (error: Error) => void;
  /** Somebody changed this file by hand; it is written again. */
  readonly onRepair: (path: string) => void;
}

const parallelMax = 4;
const routesGatherMs = 10;
const lateGatherMs = 50;
const resyncMs = 600_000;
const findingsMax = 100;
const backoff = { minMs: 20, maxMs: 5_000 };
const auditBounds = { settleMs: 50, settleMsMax: 500, pollMs: 2_000 };

/** Kinds that routes are made of. */
const routeKinds: ReadonlySet<ShardKind> = new Set(["member", "node", "reach", "import", "stub"]);

const statusPath = "status.yaml";

/** Makes and keeps it so until the signal aborts. */
export class DirectoryExecutor implements ClusterExecutor {
  readonly #options: DirectoryExecutorOptions;
  readonly #imports: ImportFiles;
  readonly #routes: RouteFiles;
  readonly #names: NameFiles;
  readonly #exports: ExportConditions;
  readonly #importQueue: KeyedQueue<ObjectKey>;
  readonly #routeQueue: KeyedQueue<string>;
  readonly #lateQueue: KeyedQueue<"names" | "status">;
  readonly #findings = new Map<string, Finding>();
  readonly #repairs: FileRepairs;
  readonly #watch: TreeWatch;
  #loaded = false;

  constructor(options: DirectoryExecutorOptions, signal: AbortSignal) {
    const { view, cluster, folder, pool, clusterName, events, onProblem } = options;
    this.#options = options;
    this.#imports = new ImportFiles({ view, cluster, clusterName, folder, pool, onProblem });
    this.#routes = new RouteFiles({ view, clusterName, folder });
    this.#names = new NameFiles({ view, clusterName, cluster, imports: this.#imports, folder });
    this.#exports = new ExportConditions({ cluster, clusterName, view, events });
    const queue = <K extends string>(
      what: string,
      gatherMs: number,
      run: (key: K) => Promise<void>,
    ): KeyedQueue<K> => this.#queue({ what, gatherMs, run }, signal);
    this.#importQueue = queue("import", 0, async (key) => {
      await this.#imports.write(key);
      this.#lateQueue.add("names");
    });
    this.#routeQueue = queue("routes of node", routesGatherMs, (node) => this.#routes.write(node));
    this.#lateQueue = queue("file", lateGatherMs, (what) =>
      what === "names" ? this.#names.write() : this.#writeStatus(),
    );
    const repair = (path: string): void => this.#repair(path);
    this.#repairs = new FileRepairs({ repair, onCalm: () => this.touchStatus() }, signal);
    this.#watch = new TreeWatch({ look: () => this.#audit(), ...auditBounds }, signal);
    void this.#load(signal);
  }

  get synced(): boolean {
    return this.#loaded;
  }

  get idle(): boolean {
    return this.#importQueue.size + this.#routeQueue.size + this.#lateQueue.size === 0;
  }

  follow({ id, entries, completed }: ShardChange): void {
    const { kind, namespace } = id;
    if (kind === "import") for (const { key } of entries) this.touch(namespace, key);
    if (kind === "reach") {
      for (const service of new Set(entries.map(({ key }) => splitReachKey(key).service)))
        this.touch(namespace, service);
    }
    if (kind === "exportStatus") for (const { key } of entries) this.touchExport(namespace, key);
    const removes = kind === "member" && entries.some(({ value }) => value === undefined);
    if (kind === "member" && (completed || removes)) this.touchAll();
    if (completed && (kind === "import" || kind === "reach")) this.touchNamespace(namespace);
    if (routeKinds.has(kind)) this.#touchRoutes();
    if (kind === "stub") this.touchSite();
    if (kind === "member") this.touchStatus();
  }

  touch(namespace: string, name: string): void {
    if (this.#loaded) this.#importQueue.add(objectKey(namespace, name));
  }

  touchNamespace(namespace: string): void {
    for (const key of this.#importKeys()) {
      const split = splitKey(key);
      if (split.namespace === namespace) this.touch(namespace, split.name);
    }
  }

  touchExport(namespace: string, name: string): void {
    if (!this.#loaded) return;
    this.#exports.update(objectKey(namespace, name));
    this.touchStatus();
  }

  /** The site's own objects changed: the names that it answers may have to. */
  touchSite(): void {
    if (this.#loaded) this.#lateQueue.add("names");
  }

  /** What the status says may have changed. */
  touchStatus(): void {
    if (this.#loaded) this.#lateQueue.add("status");
  }

  touchAll(): void {
    for (const key of this.#importKeys()) this.touch(splitKey(key).namespace, splitKey(key).name);
    for (const { namespace, name } of this.#options.cluster.exports.values())
      this.touchExport(namespace, name);
    for (const [key] of this.#exports.said) this.touchExport(splitKey(key).namespace, splitKey(key).name);
    this.#touchRoutes();
    this.touchSite();
    this.touchStatus();
  }

  counts(): readonly Count[] {
    const results = [...this.#imports.results.values()];
    const done = results.filter(({ due }) => due === 0);
    const sum = (of: typeof results): number => of.reduce((total, { slices }) => total + slices, 0);
    return [
      { kind: "imports", desired: results.length, observed: done.length },
      { kind: "slices", desired: sum(results), observed: sum(done) },
      { kind: "exports", ...this.#exports.counts() },
    ];
  }

  /** Names as they were last rendered. */
  get names(): NamesReport {
    return this.#names.report;
  }

  /** Routes by node: the wish, and whether its file is in place. */
  get routes(): readonly NodeRoutes[] {
    return this.#routes.standing;
  }

  findings(): readonly Finding[] {
    const { findings } = this.#options.about();
    return [...findings, ...this.#findings.values(), ...this.#repairs.findings()].slice(0, findingsMax);
  }

  #queue<K extends string>(
    { what, gatherMs, run }: { what: string; gatherMs: number; run: (key: K) => Promise<void> },
    signal: AbortSignal,
  ): KeyedQueue<K> {
    return new KeyedQueue<K>(
      {
        run: async (key) => {
          await run(key);
          this.#findings.delete(`${what} ${key}`);
          if (key !== "status") this.touchStatus();
        },
        onError: (key, error) => this.#fail(`${what} ${key}`, error),
        parallelMax,
        gatherMs,
        backoff,
      },
      signal,
    );
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { folder, onProblem } = this.#options;
    const load = async (): Promise<true> => {
      await Promise.all([this.#imports.load(), this.#routes.load()]);
      const status = await folder.readOwn(statusPath);
      if (status !== undefined) this.#exports.restore(restored(status));
      return true;
    };
    const tell = (error: unknown): void =>
      onProblem(new Error(`Cannot read ${folder.root}: ${messageOf(error)}`));
    if ((await untilDone(load, signal, tell)) === undefined) return;
    this.#loaded = true;
    const resync = setInterval(() => this.touchAll(), resyncMs);
    signal.addEventListener("abort", () => clearInterval(resync), { once: true });
    this.touchAll();
    await this.#watch.look();
  }

  #importKeys(): ReadonlySet<ObjectKey> {
    const keys = new Set<ObjectKey>(this.#imports.held.keys());
    for (const [namespace, name] of this.#options.view.imports()) keys.add(objectKey(namespace, name));
    return keys;
  }

  #touchRoutes(): void {
    if (this.#loaded) for (const node of this.#routes.nodes()) this.#routeQueue.add(node);
  }

  async #writeStatus(): Promise<void> {
    const { folder, clusterName, about } = this.#options;
    const { desired, observed, findings } = this.#names.report;
    const counts = [
      ...this.counts(),
      { kind: "names", desired, observed },
      { kind: "routes", ...this.#routes.counts() },
    ];
    const all = [...this.findings(), ...findings, ...this.#routes.withheld];
    const text = statusText({
      ...about(),
      cluster: clusterName,
      exports: this.#exports.said,
      counts: counts.toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
      findings: all.slice(0, findingsMax),
    });
    await folder.write(statusPath, text);
  }

  /** Everything that others did to our files is undone, file by file. */
  async #audit(): Promise<void> {
    const { folder, onProblem } = this.#options;
    try {
      const changed = await folder.changedByOthers();
      for (const path of changed) this.#repairs.edited(path);
      if (changed.length > 0) this.touchStatus();
    } catch (error) {
      onProblem(new Error(`Cannot look at ${folder.root}: ${messageOf(error)}`));
    }
    this.#watch.cover(folder.folders);
  }

  #repair(path: string): void {
    this.#options.onRepair(path);
    const [, namespace, name] = /^imports\/([^/]+)\/(.+)\.yaml$/.exec(path) ?? [];
    const [, node] = /^bird\/(.+)\.conf$/.exec(path) ?? [];
    if (namespace !== undefined && name !== undefined) this.touch(namespace, name);
    else if (node !== undefined) this.#routeQueue.add(node);
    else if (path === statusPath) this.touchStatus();
    else this.touchSite();
  }

  #fail(subject: string, error: unknown): void {
    const message = messageOf(error);
    if (this.#findings.get(subject)?.message === message) return;
    const reason = error instanceof ForeignObject ? "ObjectNotOurs" : "FileNotWritten";
    this.#findings.set(subject, { subject, reason, message });
    this.#options.onProblem(error instanceof Error ? error : new Error(message));
    this.touchStatus();
  }
}

/** Conditions that an earlier run said; a status that cannot be read is one that says nothing. */
function restored(text: string): ReturnType<typeof parseStatusConditions> {
  try {
    return parseStatusConditions(text);
  } catch {
    return [];
  }
}
