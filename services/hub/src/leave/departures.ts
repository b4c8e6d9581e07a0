// Clusters that leave by a person's word: stored, published, waited for, and forgotten in the end. Nothing else ever
// begins it: neither a restart nor the loss of contact (law 2).

import type { Fact, Finding, World } from "@sealane/core";
import { nowUnixUs } from "@sealane/wire";
import type { Logger } from "pino";
import type { ClusterState, Clusters } from "../clusters.ts";
import type { Journal } from "../journal/journal.ts";
import { epochRemoval } from "../records.ts";
import type { FactCache } from "../store/cache.ts";
import type { Store } from "../store/store.ts";
import { LetGo } from "./let-go.ts";
import { departureChange } from "./record.ts";
import type { DepartureRecord } from "./record.ts";

/** A leaving as it stands. */
export interface DepartureStanding extends DepartureRecord {
  /** Who is waited for, and what for. */
  readonly waitingFor: readonly string[];
  /** Things that the cluster's agent takes away; 0 until it has counted them. */
  readonly things: number;
  readonly thingsGone: number;
}

/** What leaving needs. */
export interface DeparturesOptions {
  readonly records: readonly DepartureRecord[];
  readonly store: Store;
  readonly cache: FactCache;
  readonly clusters: Clusters;
  readonly world: () => World;
  /** What the others have been told, or are being told. */
  readonly publishedWorld: () => World;
  readonly take: (facts: readonly Fact[], observedUnixUs: bigint) => void;
  /** Refuses every certificate that the cluster has and ends its session. */
  readonly revoke: (cluster: string) => Promise<void>;
  readonly journal: Journal;
  readonly log: Logger;
}

/** Leavings that are under way, and tombstones. */
export interface Departures {
  /** Begins, or goes on; `undefined` when no cluster of the name is known. Resolves when it is stored and published. */
  leave(cluster: string, force: boolean): Promise<DepartureStanding | undefined>;
  standing(cluster: string): DepartureStanding | undefined;
  /** The cluster is leaving and has not left. */
  isUnderWay(cluster: string): boolean;
  /** A cluster with a new certificate is here: its tombstone goes. `prove` throws when its certificate is refused by now. */
  returned(cluster: string, prove: () => void): Promise<void>;
  close(): Promise<void>;
}

/** Kind of the count by which an agent says how much it has taken away. */
const departureKind = "departure";
const lookMs = 100;

/** Goes on with what was under way when the hub stopped. */
export function openDepartures(options: DeparturesOptions): Departures {
  return new Leaving(options);
}

class Leaving implements Departures {
  readonly #options: DeparturesOptions;
  readonly #records: Map<string, DepartureRecord>;
  readonly #letGo = new Map<string, LetGo>();
  #timer: NodeJS.Timeout | undefined;
  #step: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: DeparturesOptions) {
    this.#options = options;
    this.#records = new Map(options.records.map((record) => [record.cluster, record]));
    // A hub that stopped between the tombstone and the forgetting does the rest now.
    const forgotten = options.records.filter(
      ({ cluster, state }) => state === "left" && options.world().origins.has(cluster),
    );
    for (const { cluster } of forgotten) this.#forget(cluster);
    this.#look();
  }

  async leave(cluster: string, force: boolean): Promise<DepartureStanding | undefined> {
    await this.#inTurn(async () => {
      const known = this.#records.get(cluster);
      if (known?.state === "left" || (known === undefined && !this.#isKnown(cluster))) return;
      const begun = known ?? {
        cluster,
        state: "withdrawing" as const,
        startedUnixUs: Number(nowUnixUs()),
        endedUnixUs: 0,
        force,
        leftBehind: [],
      };
      await this.#keep({ ...begun, force: begun.force || force });
      if (known !== undefined) return;
      this.#options.log.info({ cluster, force }, "cluster is leaving");
      const message = force
        ? "the others let go of it; nobody who is silent is waited for"
        : "the others let go of it";
      this.#options.journal.note({ kind: "ClusterLeaving", cluster, subject: `cluster/${cluster}`, message });
    });
    this.#look();
    return this.standing(cluster);
  }

  standing(cluster: string): DepartureStanding | undefined {
    const record = this.#records.get(cluster);
    if (record === undefined) return undefined;
    const count = this.#report(cluster)?.counts.find(({ kind }) => kind === departureKind);
    const { desired = 0, observed = 0 } = record.state === "dismissed" ? (count ?? {}) : {};
    return { ...record, waitingFor: this.#waitingFor(record), things: desired, thingsGone: observed };
  }

  isUnderWay(cluster: string): boolean {
    const state = this.#records.get(cluster)?.state;
    return state !== undefined && state !== "left";
  }

  async returned(cluster: string, prove: () => void): Promise<void> {
    await this.#inTurn(async () => {
      prove();
      if (this.#records.get(cluster)?.state !== "left") return;
      await this.#options.store.write([{ collection: "departures", key: cluster, value: undefined }]);
      this.#records.delete(cluster);
      this.#options.log.info({ cluster }, "cluster is back");
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#step;
  }

  #isKnown(cluster: string): boolean {
    const { clusters, world } = this.#options;
    return clusters.get(cluster) !== undefined || world().origins.has(cluster) || clusters.isAwaited(cluster);
  }

  /** Looks at every leaving that is under way, now and again until there is none. */
  #look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const underWay = [...this.#records.values()].filter(({ state }) => state !== "left");
    if (underWay.length === 0 || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#inTurn(async () => {
        for (const record of underWay) await this.#goOn(this.#records.get(record.cluster) ?? record);
      })
        .catch((error: unknown) =>
          this.#options.log.error({ error: String(error) }, "a leaving cannot go on; it is tried again"),
        )
        .finally(() => this.#look());
    }, lookMs);
  }

  /** One step at a time: what is decided must not be overtaken. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const step = this.#step.then(work);
    this.#step = step.catch(() => undefined);
    return step;
  }

  async #goOn(record: DepartureRecord): Promise<void> {
    if (record.state === "left" || this.#waitingFor(record).length > 0) return;
    if (record.state === "withdrawing") {
      await this.#keep({ ...record, state: "dismissed" });
      this.#options.log.info({ cluster: record.cluster }, "the others have let go of the cluster");
      return;
    }
    await this.#end(record);
  }

  /** Stored first; then the world says so, and everybody is told. */
  async #keep(record: DepartureRecord): Promise<void> {
    const { store, take } = this.#options;
    const { cluster, state } = record;
    await store.write([departureChange(record)]);
    this.#records.set(cluster, record);
    if (!this.#letGo.has(cluster)) this.#letGo.set(cluster, new LetGo(nowUnixUs()));
    if (state !== "left") take([{ type: "depart", cluster, departure: state }], nowUnixUs());
  }

  async #end(record: DepartureRecord): Promise<void> {
    const { cluster } = record;
    const { store, revoke, journal, log } = this.#options;
    const leftBehind = this.#isDone(cluster) ? this.#leftBehind(cluster) : abandoned(cluster);
    const endedUnixUs = Number(nowUnixUs());
    const left = { ...record, state: "left", endedUnixUs, leftBehind } as const;
    await store.write([departureChange(left), epochRemoval(cluster)]);
    this.#records.set(cluster, left);
    await revoke(cluster);
    this.#forget(cluster);
    this.#letGo.delete(cluster);
    log.info({ cluster, leftBehind: leftBehind.length }, "cluster has left");
    const message =
      leftBehind.map((it) => `${it.subject}: ${it.message}`).join("; ") || "nothing of the mesh is there";
    journal.note({ kind: "ClusterLeft", cluster, subject: `cluster/${cluster}`, message });
  }

  #forget(cluster: string): void {
    const { take, clusters, cache } = this.#options;
    take([{ type: "forget", cluster }], nowUnixUs());
    clusters.forget(cluster);
    cache.forget(cluster);
  }

  #waitingFor({ cluster, state, force }: DepartureRecord): readonly string[] {
    const { clusters, world, publishedWorld } = this.#options;
    if (state === "left") return [];
    if (publishedWorld().leaving.get(cluster) !== state) return ["the hub (it stores the change)"];
    if (state === "dismissed") {
      if (this.#isDone(cluster)) return [];
      const silent = clusters.get(cluster)?.session === undefined;
      if (silent && force) return [];
      return [
        silent ? `${cluster} (its agent is silent)` : `${cluster} (its agent takes away what is there)`,
      ];
    }
    const letGo = this.#letGo.get(cluster) ?? new LetGo(nowUnixUs());
    this.#letGo.set(cluster, letGo);
    const others = clusters.all().filter(({ name }) => name !== cluster);
    const awaited = others.filter((other) => !(force && other.session === undefined));
    return awaited.flatMap((other) => letGo.missing(other, world()) ?? []);
  }

  #report(cluster: string): ReturnType<ClusterState["reports"]["get"]> {
    return this.#options.clusters.get(cluster)?.reports.get("");
  }

  #isDone(cluster: string): boolean {
    const count = this.#report(cluster)?.counts.find(({ kind }) => kind === departureKind);
    return count !== undefined && count.desired > 0 && count.observed === count.desired;
  }

  #leftBehind(cluster: string): readonly Finding[] {
    const findings = this.#report(cluster)?.findings ?? [];
    return findings.filter((finding): finding is Finding => finding.reason === "LeftBehind");
  }
}

/** What is known of a cluster whose agent took no part in the end. */
function abandoned(cluster: string): readonly Finding[] {
  const message =
    `The agent of cluster "${cluster}" was silent, so everything that it wrote there remains: routes on its nodes, ` +
    "ServiceImports with their Services and EndpointSlices, the block in its Corefile, conditions on ServiceExports. " +
    "If the cluster still runs, start its agent with a new token and make it leave again.";
  return [{ subject: `cluster/${cluster}`, reason: "LeftBehind", message }];
}
