// The session to the cluster's agent, and the wish that follows from what it said. It holds the received shards
// over all connections; it knows no driver.

import type { DesiredRoutes } from "@sealane/core";
import { localiseRoutes, noRoutes, version } from "@sealane/core";
import type { Report, SessionState, ShardChange } from "@sealane/wire";
import { ReceivedView, SessionClient, ShardTable } from "@sealane/wire";
import type { Dialled } from "./dial.ts";

/** Who it is, and how it reaches its agent. */
export interface LinkOptions {
  readonly node: string;
  /** Opens a channel; called for each attempt. */
  readonly dial: () => Promise<Dialled>;
  /** The wish may have changed. */
  readonly onChange: () => void;
  readonly onState: (state: SessionState) => void;
}

/** The link of one speaker. It lives as long as the process. */
export class AgentLink {
  readonly #options: LinkOptions;
  readonly #received = new ShardTable();
  readonly #view = new ReceivedView(this.#received);
  readonly #session: SessionClient;
  readonly #epoch = BigInt(Date.now());
  #cluster: string | undefined;
  #heard = false;
  #oldestUs: bigint | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#session = new SessionClient({
      connect: async () => this.#connect(),
      hello: () => ({
        cluster: this.#cluster ?? "",
        node: options.node,
        incarnation: "",
        epoch: this.#epoch,
        seen: [],
        version,
      }),
      received: this.#received,
      outbox: () => undefined,
      onChanges: (changes) => this.#follow(changes),
      onState: options.onState,
    });
  }

  /**
   * The wish by what is known now. Until the agent has said something it is the previous one, and what the
   * view does not disprove stays: an agent that is away withdraws nothing. While the others let go of this cluster
   * it announces what it announced, and once they have, by the hub's word, nothing is wanted any more.
   */
  desired(previous: DesiredRoutes | undefined): DesiredRoutes | undefined {
    if (!this.#heard || this.#cluster === undefined) return previous;
    const departure = this.#view.member(this.#cluster)?.departure;
    if (departure === "dismissed") return noRoutes;
    const of = { cluster: this.#cluster, node: this.#options.node, onLink: undefined };
    const wish = localiseRoutes(this.#view, of, previous);
    return departure === undefined ? wish : { ...wish, originate: previous?.originate ?? [] };
  }

  /**
   * When the oldest change since the last call was observed in its cluster, Unix microseconds by that cluster's
   * clock; undefined when there was none, or only what was caught up with.
   */
  takeOldestUs(): bigint | undefined {
    const oldestUs = this.#oldestUs;
    this.#oldestUs = undefined;
    return oldestUs;
  }

  /** Pod ranges of the other clusters that are admitted, sorted; empty while the agent has said nothing. */
  get peerPodPrefixes(): readonly string[] {
    const peers = [...this.#view.members()].filter(([cluster]) => cluster !== this.#cluster);
    const ranges = peers.flatMap(([, member]) => member.ranges);
    return ranges
      .flatMap(({ kind, admitted, prefix }) => (kind === "pod" && admitted ? [prefix] : []))
      .toSorted();
  }

  /** Sends a report when connected. */
  report(report: Report): void {
    this.#session.report(report);
  }

  /** The agent's clock minus this one's, seconds; undefined while unmeasured. */
  get clockOffsetSeconds(): number | undefined {
    const offsetUs = this.#session.counts?.clockOffsetUs;
    return offsetUs === undefined ? undefined : Number(offsetUs) / 1e6;
  }

  /** Ends the session. Withdraws nothing. */
  close(): void {
    this.#session.close();
  }

  async #connect(): Promise<Dialled> {
    const dialled = await this.#options.dial();
    this.#cluster = dialled.cluster;
    return dialled;
  }

  #follow(changes: readonly ShardChange[]): void {
    this.#heard = true;
    for (const change of changes) {
      this.#view.follow(change);
      const live = !change.completed && change.id.kind === "reach";
      for (const { observedUnixUs } of live ? change.entries : []) {
        if (observedUnixUs > 0n && observedUnixUs < (this.#oldestUs ?? observedUnixUs + 1n))
          this.#oldestUs = observedUnixUs;
      }
    }
    this.#options.onChange();
  }
}
