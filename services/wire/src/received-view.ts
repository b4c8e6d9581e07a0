// The view of a receiver: published shards of a ShardTable, decoded once per change. Feed it every ShardChange.

import type {
  ExportStatus,
  Member,
  MergedService,
  NodeFact,
  ReachFact,
  ShardId,
  ShardKey,
  Stub,
  View,
} from "@sealane/core";
import { shardKey, stubShard } from "@sealane/core";
import { decodeValue } from "./codec/values.ts";
import type { ShardChange, ShardTable } from "./shard-table.ts";

type Decoded = Map<string, unknown>;

/** A decoded, read-only view that follows a ShardTable. */
export class ReceivedView implements View {
  readonly #table: ShardTable;
  readonly #decoded = new Map<ShardKey, Decoded>();
  /** Namespaces that have an import shard. */
  readonly #importNamespaces = new Set<string>();
  /** Reach by cluster, namespace and service: node -> fact. */
  readonly #reach = new Map<string, Map<string, ReachFact>>();
  #caughtUp = false;

  constructor(table: ShardTable) {
    this.#table = table;
    for (const { id } of table.states()) {
      const entries = [...table.entries(id)].map(([key, { value, observedUnixUs }]) => ({
        key,
        value,
        observedUnixUs,
      }));
      this.follow({ id, entries, completed: false });
    }
  }

  /** Takes over one change. Throws WireError `malformed`. */
  follow({ id, entries }: ShardChange): void {
    const decoded = this.#of(id);
    if (id.kind === "import") this.#importNamespaces.add(id.namespace);
    for (const { key, value } of entries) {
      const fact = value === undefined ? undefined : decodeValue(id.kind, value);
      if (fact === undefined) decoded.delete(key);
      else decoded.set(key, fact);
      if (id.kind === "reach") this.#followReach(id, key, fact as ReachFact | undefined);
    }
  }

  /** Everything that the sender had was received. */
  caughtUp(): void {
    this.#caughtUp = true;
  }

  complete(id: ShardId): boolean {
    return this.#table.state(id)?.complete ?? false;
  }

  /** What is merged of all clusters is whole together, stubs and imports alike. */
  unheardOf(id: ShardId): boolean {
    return this.#caughtUp && this.complete(stubShard) && this.#table.state(id) === undefined;
  }

  members(): Iterable<readonly [string, Member]> {
    return this.#entries<Member>("member", "", "");
  }

  member(cluster: string): Member | undefined {
    return this.#entries<Member>("member", "", "").get(cluster);
  }

  nodes(cluster: string): Iterable<readonly [string, NodeFact]> {
    return this.#entries<NodeFact>("node", cluster, "");
  }

  reach(cluster: string, namespace: string, service: string): Iterable<readonly [string, ReachFact]> {
    return this.#reach.get(`${cluster}|${namespace}|${service}`) ?? [];
  }

  *imports(): Iterable<readonly [string, string, MergedService]> {
    for (const namespace of this.#importNamespaces) {
      for (const [name, service] of this.#entries<MergedService>("import", "", namespace)) {
        yield [namespace, name, service];
      }
    }
  }

  import(namespace: string, name: string): MergedService | undefined {
    return this.#entries<MergedService>("import", "", namespace).get(name);
  }

  stubs(): Iterable<readonly [string, Stub]> {
    return this.#entries<Stub>("stub", "", "");
  }

  exportStatus(cluster: string, namespace: string, name: string): ExportStatus | undefined {
    return this.#entries<ExportStatus>("exportStatus", cluster, namespace).get(name);
  }

  #entries<T>(kind: ShardId["kind"], origin: string, namespace: string): ReadonlyMap<string, T> {
    const found = this.#decoded.get(shardKey({ kind, origin, namespace }));
    return (found ?? new Map()) as ReadonlyMap<string, T>;
  }

  #of(id: ShardId): Decoded {
    const key = shardKey(id);
    const found = this.#decoded.get(key);
    if (found !== undefined) return found;
    const made: Decoded = new Map();
    this.#decoded.set(key, made);
    return made;
  }

  #followReach({ origin, namespace }: ShardId, key: string, fact: ReachFact | undefined): void {
    const slash = key.indexOf("/");
    const index = `${origin}|${namespace}|${key.slice(0, slash)}`;
    const node = key.slice(slash + 1);
    const byNode = this.#reach.get(index) ?? new Map<string, ReachFact>();
    if (fact === undefined) byNode.delete(node);
    else byNode.set(node, fact);
    if (byNode.size === 0) this.#reach.delete(index);
    else this.#reach.set(index, byNode);
  }
}
