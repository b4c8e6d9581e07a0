// Everything that this cluster should look like by the hub's word, made so and kept so: imports, their slices,
// the conditions of exports. It owns the queues; the writers decide nothing about when.

import { clearInterval, setInterval } from "node:timers";
import type { Count, Finding, Reason, View } from "@sealane/core";
import { Pace, splitReachKey } from "@sealane/core";
import type { ShardChange } from "@sealane/wire";
import type { KubeClient } from "../kube/client.ts";
import { messageOf } from "../kube/error.ts";
import type { ReflectorLimits } from "../kube/reflector.ts";
import { resources } from "../kube/resource.ts";
import { objectKey, splitKey } from "../kube/store.ts";
import type { ObjectKey } from "../kube/store.ts";
import type { EventSink } from "./export-events.ts";
import { EditedRepeatedly, repairEvent } from "./repairs.ts";
import { ExportStatusWriter } from "./export-status.ts";
import type { ExportingCluster } from "./export-status.ts";
import { ImportStatusWriter } from "./import-status.ts";
import { ImportWriter } from "./import-writer.ts";
import type { ImportingCluster } from "./import-writer.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { ImportNews } from "./import-news.ts";
import { ForeignObject, NotServed, TermOver, isRefusal } from "./own-kind.ts";
import type { Term } from "./own-kind.ts";
import { OwnObjects } from "./own-objects.ts";
import type { ClusterExecutor } from "./port.ts";
import { SelectedExports } from "./selected-exports.ts";
import type { SelectingCluster } from "./selected-exports.ts";
import { ServiceAddresses } from "./service-addresses.ts";

/** What to make so, and where. */
export interface ExecutorOptions {
  readonly client: KubeClient;
  /** Nothing is written outside it. */
  readonly term: Term;
  /** Name of this cluster. */
  readonly clusterName: string;
  /** What the hub published, as far as it is known. */
  readonly view: View;
  /** What is known of this cluster: the observer. */
  readonly cluster: ImportingCluster & ExportingCluster & SelectingCluster;
  readonly events: EventSink;
  readonly onProblem: (error: Error) => void;
  readonly limits?: Partial<ReflectorLimits>;
}

const parallelMax = 16;
const statusParallelMax = 2;
const statusGatherMs = 100;
const resyncMs = 600_000;
const findingsMax = 100;

/** Makes and keeps it so until the term ends. */
export class Executor implements ClusterExecutor {
  readonly #options: ExecutorOptions;
  readonly #own: OwnObjects;
  readonly #imports: ImportWriter;
  readonly #importStatus: ImportStatusWriter;
  readonly #exportStatus: ExportStatusWriter;
  readonly #selected: SelectedExports;
  readonly #importQueue: KeyedQueue<ObjectKey>;
  readonly #importStatusQueue: KeyedQueue<ObjectKey>;
  readonly #exportStatusQueue: KeyedQueue<ObjectKey>;
  readonly #selectedQueue: KeyedQueue<ObjectKey>;
  readonly #findings = new Map<string, Finding>();
  readonly #news: ImportNews;
  /** Imports of which something was refused, and in what words. */
  readonly #refusals = new Map<ObjectKey, string>();
  readonly #pace = new Pace();
  /** Names that must be written at once, since not an edit asked for it. */
  readonly #urgent = new Set<ObjectKey>();
  /** To be looked at in this turn. */
  readonly #namespaces = new Set<string>();

  constructor(options: ExecutorOptions) {
    const { client, term, view, cluster, events, clusterName } = options;
    this.#options = options;
    this.#own = new OwnObjects({
      client,
      term,
      onChange: (names) => this.#touchNames(names, "edited"),
      onSynced: () => this.touchAll(),
      onEdit: (name) => this.#pace.note(name, performance.now()),
      onRepaired: (resource, value, edit) => options.events.record(...repairEvent(resource, value, edit)),
      onProblem: options.onProblem,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    this.#news = new ImportNews({ events, imports: this.#own.imports.store, exports: cluster.exports });
    const parts = { view, own: this.#own, cluster };
    const onTypeChange = this.#news.typeChanged.bind(this.#news);
    const addresses = new ServiceAddresses(client, term);
    this.#imports = new ImportWriter({ ...parts, addresses, clusterName, onTypeChange });
    this.#importStatus = new ImportStatusWriter({ ...parts, refusalOf: (name) => this.#refusals.get(name) });
    this.#exportStatus = new ExportStatusWriter({ client, term, cluster, clusterName, view, events });
    this.#selected = new SelectedExports({ client, term, cluster, events });
    const late = { parallelMax: statusParallelMax, gatherMs: statusGatherMs };
    const tellImport = this.#news.importRefused.bind(this.#news);
    this.#importQueue = this.#queue({
      what: "import",
      run: (name) => this.#writeImport(name),
      tell: tellImport,
      bounds: { parallelMax, gatherMs: 0 },
    });
    this.#importStatusQueue = this.#queue({
      what: "status of import",
      run: (name) => this.#importStatus.write(name),
      tell: tellImport,
      bounds: late,
    });
    this.#exportStatusQueue = this.#queue({
      what: "status of export",
      run: (name) => this.#exportStatus.write(name),
      tell: this.#news.exportRefused.bind(this.#news),
      bounds: late,
    });
    this.#selectedQueue = this.#queue({
      what: "selected export",
      run: (name) => this.#selected.write(name),
      // The writer tells by itself, at the Service: the export may not exist.
      tell: () => {},
      bounds: late,
    });
    const resync = setInterval(() => this.#resync(), resyncMs);
    term.signal.addEventListener("abort", () => clearInterval(resync), { once: true });
  }

  /** What we wrote was listed: from here on the executor works. */
  get synced(): boolean {
    return this.#own.synced;
  }

  /** Nothing is due. */
  get idle(): boolean {
    const queues = [this.#importQueue, this.#importStatusQueue, this.#exportStatusQueue, this.#selectedQueue];
    return queues.every(({ size }) => size === 0);
  }

  /** Takes over one change of what the hub published; the view must have followed it. */
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
  }

  /** One imported service may have to look different. */
  touch(namespace: string, name: string): void {
    this.#touchNames([objectKey(namespace, name)]);
  }

  /** A namespace came or went, or more is known of its imports. Many at once cost one pass over the names. */
  touchNamespace(namespace: string): void {
    this.#selected.look(namespace);
    if (this.#namespaces.size === 0) queueMicrotask(() => this.#touchNamespaces());
    this.#namespaces.add(namespace);
  }

  /** The full pass. */
  touchAll(): void {
    this.#touchNames(this.#allNames());
    for (const { namespace, name } of this.#options.cluster.exports.values())
      this.touchExport(namespace, name);
    for (const name of this.#selected.names()) this.#selectedQueue.add(name);
  }

  /** A Service may have to be exported because a selector wants it, or not any more. */
  touchSelected(namespace: string, name: string): void {
    this.#selectedQueue.add(objectKey(namespace, name));
  }

  /** The conditions of one export may have to change. */
  touchExport(namespace: string, name: string): void {
    this.#exportStatusQueue.add(objectKey(namespace, name));
  }

  /** Desired against observed. */
  counts(): readonly Count[] {
    let observed = 0;
    let slices = 0;
    let slicesDue = 0;
    for (const result of this.#imports.results.values()) {
      if (result.due === 0) observed++;
      slices += result.slices;
      slicesDue += Math.min(result.slices, Math.max(0, result.due - 1));
    }
    return [
      { kind: "imports", desired: this.#imports.results.size, observed },
      { kind: "slices", desired: slices, observed: slices - slicesDue },
      { kind: "exports", ...this.#exportStatus.counts() },
    ];
  }

  /** What cannot be made so, and why. */
  findings(): readonly Finding[] {
    return [
      ...this.#own.findings(),
      ...olderDefinition([...this.#imports.droppedFields(), ...this.#importStatus.droppedFields()]),
      ...this.#findings.values(),
    ].slice(0, findingsMax);
  }

  #resync(): void {
    this.#imports.forgetDropped();
    this.#importStatus.forgetDropped();
    this.touchAll();
  }

  #queue({ what, run, tell, bounds }: QueueOptions): KeyedQueue<ObjectKey> {
    return new KeyedQueue<ObjectKey>(
      {
        run: async (name) => {
          await run(name);
          this.#findings.delete(`${what} ${name}`);
        },
        onError: (name, error) => {
          if (this.#fail(`${what} ${name}`, error) === "new" && isRefusal(error)) tell(name, error);
        },
        waitAfter: (error) => (error instanceof EditedRepeatedly ? error.waitMs : undefined),
        backoff: { minMs: 20, maxMs: 30_000 },
        ...bounds,
      },
      this.#options.term.signal,
    );
  }

  async #writeImport(name: ObjectKey): Promise<void> {
    if (!this.#own.synced) return;
    // What the hub changed is never held up by somebody who edits without end.
    const urgent = this.#urgent.delete(name);
    const waitMs = urgent ? 0 : this.#pace.waitMs(name, performance.now());
    if (waitMs > 0) throw new EditedRepeatedly(`The import ${name}`, waitMs);
    try {
      await this.#imports.write(name);
      this.#refusals.delete(name);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#refusals.set(name, error.message);
      if (this.#importStatus.isDue(name)) this.#importStatusQueue.add(name);
      throw error;
    }
    if (this.#importStatus.isDue(name)) this.#importStatusQueue.add(name);
    else this.#own.forgetEdits(name);
  }

  #touchNamespaces(): void {
    const touched = [...this.#allNames()].filter((name) => this.#namespaces.has(splitKey(name).namespace));
    this.#namespaces.clear();
    this.#touchNames(touched);
  }

  #touchNames(names: Iterable<ObjectKey>, why: "wished" | "edited" = "wished"): void {
    // Before everything was listed a missing object is no missing object; onSynced makes the first full pass.
    if (!this.#own.synced) return;
    for (const name of names) {
      if (why === "wished") this.#urgent.add(name);
      this.#importQueue.add(name);
    }
  }

  #allNames(): Set<ObjectKey> {
    const names = new Set<ObjectKey>(this.#own.names());
    for (const [namespace, name] of this.#options.view.imports()) names.add(objectKey(namespace, name));
    return names;
  }

  #fail(subject: string, error: unknown): "new" | "known" {
    if (error instanceof TermOver) return "known";
    if (error instanceof NotServed) {
      // It is said once, of the kind.
      this.#findings.delete(subject);
      return "known";
    }
    const reason = reasonOf(error);
    const message = messageOf(error);
    if (this.#findings.get(subject)?.message === message) return "known";
    this.#findings.set(subject, { subject, reason, message });
    this.#options.onProblem(error instanceof Error ? error : new Error(message));
    return "new";
  }
}

interface QueueOptions {
  /** Of what, in findings. */
  readonly what: string;
  readonly run: (name: ObjectKey) => Promise<void>;
  /** Tells people of a refusal. */
  readonly tell: (name: ObjectKey, refusal: Error) => void;
  readonly bounds: { readonly parallelMax: number; readonly gatherMs: number };
}

function reasonOf(error: unknown): Reason {
  if (error instanceof EditedRepeatedly) return "EditedRepeatedly";
  return error instanceof ForeignObject ? "ObjectNotOurs" : "WriteFailed";
}

function olderDefinition(dropped: readonly string[]): readonly Finding[] {
  if (dropped.length === 0) return [];
  const subject = `${resources.serviceImports.kind} ${resources.serviceImports.version}`;
  const message = `The installed definition of ServiceImport does not keep ${dropped.join(", ")}: it is older than release v0.5.2 of the API. Apply deploy/crds: kubectl apply --server-side -k deploy/crds`;
  return [{ subject, reason: "DefinitionNotServed", message }];
}
