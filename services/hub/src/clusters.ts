// What the hub knows of each cluster beside its facts: its session, its epoch, its reports. Survives the loss of
// a session, so that a silent cluster still shows when it was last heard. Decides nothing.

import type { Report, ServedSession } from "@sealane/wire";
import { ShardTable } from "@sealane/wire";
import type { Incarnation } from "./terms.ts";

/** Reports of nodes kept for each cluster; the oldest goes first. */
const reportsMax = 5_000;

/** Whether a cluster's agent is connected: never since the hub started, now, or not any more. */
export type SessionState = "unknown" | "ready" | "silent";

/** One cluster. */
export class ClusterState {
  readonly name: string;
  /** Facts as received, with sums and positions. */
  readonly received = new ShardTable();
  /** The newest term that a session of this cluster had; stored before it counts. */
  epoch = 0n;
  /** Who speaks under the name; undefined until somebody did. Stored before it counts. */
  incarnation: Incarnation | undefined;
  session: ServedSession | undefined;
  /** Whom its session waits for before it is told everything; nobody without a session. */
  awaited: () => readonly string[] = () => [];
  /** Whether everything that its session must be told was sent. */
  owesNothing: () => boolean = () => false;
  /** Whether it has said everything to this run of the hub. */
  heard = false;
  /** Newest by node; the cluster's own under the empty name. */
  readonly reports = new Map<string, Report>();
  /** Last message, Unix microseconds by the hub's clock; 0 when never. */
  lastSeenUnixUs = 0n;
  version = "";
  address = "";
  /** Entries over all received shards. */
  entries = 0;
  /** Received shards. */
  shards = 0;
  /** The cluster's clock minus the hub's when last measured, microseconds. */
  clockOffsetUs = 0n;

  constructor(name: string) {
    this.name = name;
  }

  get state(): SessionState {
    if (this.session !== undefined) return "ready";
    return this.lastSeenUnixUs === 0n ? "unknown" : "silent";
  }

  /** The session is over; one that has taken its place stays. */
  endSession(session: ServedSession): void {
    if (this.session !== session) return;
    this.session = undefined;
    this.awaited = () => [];
  }

  /** Keeps a report in place of the older one of the same node; none of a node that the cluster does not have. */
  keepReport(report: Report): void {
    if (this.#isGone(report.node)) return;
    this.reports.delete(report.node);
    this.reports.set(report.node, report);
    const [oldest] = this.reports.keys();
    if (this.reports.size > reportsMax && oldest !== undefined) this.reports.delete(oldest);
  }

  /** Forgets reports of nodes that are gone. */
  dropReports(): void {
    for (const node of this.reports.keys()) if (this.#isGone(node)) this.reports.delete(node);
  }

  /** Whether the cluster has told all its nodes, and this one not. */
  #isGone(node: string): boolean {
    const nodes = { kind: "node", origin: this.name, namespace: "" } as const;
    const { received } = this;
    return node !== "" && received.state(nodes)?.complete === true && !received.entries(nodes).has(node);
  }
}

/** Every cluster that the hub has heard of. */
export class Clusters {
  readonly #byName = new Map<string, ClusterState>();

  get(name: string): ClusterState | undefined {
    return this.#byName.get(name);
  }

  /** The cluster, known from now on. */
  of(name: string): ClusterState {
    const found = this.#byName.get(name) ?? new ClusterState(name);
    this.#byName.set(name, found);
    return found;
  }

  /** Whether an open session waits for the cluster, which nobody else may have heard of. */
  isAwaited(name: string): boolean {
    return this.all().some(({ awaited }) => awaited().includes(name));
  }

  /** Forgets all that is known of a cluster that left. */
  forget(name: string): void {
    this.#byName.delete(name);
  }

  /** Sorted by name. */
  all(): readonly ClusterState[] {
    return [...this.#byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
