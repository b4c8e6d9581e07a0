// What was said last, so that only what differs is said again. Owns no decision: it compares values.

import type { ClusterFact, ExportFact, NamespaceFact, NodeFact, ReachFact, ShardKind } from "@sealane/core";
import { reachKey, sameValue } from "@sealane/core";
import type { Values } from "@sealane/wire";
import type { FactChange } from "../link/fact-table.ts";

interface SaidService {
  readonly fact: ExportFact | undefined;
  readonly reach: ReadonlyMap<string, ReachFact>;
}

const nothing: SaidService = { fact: undefined, reach: new Map() };

/** The facts of one cluster as last said; collects changes until they are taken. */
export class FactDiff {
  readonly #origin: string;
  #cluster: ClusterFact | undefined;
  readonly #nodes = new Map<string, NodeFact>();
  readonly #namespaces = new Map<string, NamespaceFact>();
  readonly #services = new Map<string, SaidService>();
  #changes: FactChange[] = [];

  constructor(origin: string) {
    this.#origin = origin;
  }

  cluster(fact: ClusterFact, at: bigint): void {
    if (sameValue(this.#cluster, fact)) return;
    this.#cluster = fact;
    this.#say("cluster", "", "", fact, at);
  }

  node(name: string, fact: NodeFact | undefined, at: bigint): void {
    if (replaced(this.#nodes, name, fact)) this.#say("node", "", name, fact, at);
  }

  namespace(name: string, fact: NamespaceFact | undefined, at: bigint): void {
    if (replaced(this.#namespaces, name, fact)) this.#say("namespace", "", name, fact, at);
  }

  /** The export of one Service (undefined when it is not exported) and its pods by node. */
  service(
    { namespace, name }: { namespace: string; name: string },
    fact: ExportFact | undefined,
    reach: ReadonlyMap<string, ReachFact>,
    at: bigint,
  ): void {
    const key = `${namespace}/${name}`;
    const said = this.#services.get(key) ?? nothing;
    if (!sameValue(said.fact, fact)) this.#say("export", namespace, name, fact, at);
    for (const [node, each] of reach) {
      if (!sameValue(said.reach.get(node), each))
        this.#say("reach", namespace, reachKey(name, node), each, at);
    }
    for (const node of said.reach.keys()) {
      if (!reach.has(node)) this.#say("reach", namespace, reachKey(name, node), undefined, at);
    }
    if (fact === undefined && reach.size === 0) this.#services.delete(key);
    else this.#services.set(key, { fact, reach });
  }

  /** The changes since the last call. */
  take(): readonly FactChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  #say<K extends ShardKind>(
    kind: K,
    namespace: string,
    key: string,
    value: Values[K] | undefined,
    at: bigint,
  ): void {
    this.#changes.push({ shard: { kind, origin: this.#origin, namespace }, key, value, observedUnixUs: at });
  }
}

/** Sets or deletes; false when that changes nothing. */
function replaced<T>(map: Map<string, T>, key: string, value: T | undefined): boolean {
  if (sameValue(map.get(key), value)) return false;
  if (value === undefined) map.delete(key);
  else map.set(key, value);
  return true;
}
