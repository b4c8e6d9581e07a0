// Which shards of facts were declared whole, each once: every kind without namespaces at first, then each namespace's
// when it appears. One that something is missing from waits.

import type { FactKind, ShardId, ShardKey } from "@sealane/core";
import { shardKey } from "@sealane/core";

/** Kinds without namespaces. `path` travels after all others: once it is whole, the hub knows that everything was said. */
const always: readonly FactKind[] = ["cluster", "node", "namespace", "path"];

/** The shards of one cluster. */
export class WholeShards {
  readonly #declared = new Set<ShardKey>();
  readonly #waiting = new Map<ShardKey, ShardId>();

  constructor(cluster: string) {
    this.#wait(always.map((kind) => ({ kind, origin: cluster, namespace: "" })));
  }

  /** Shards to declare whole now, each once; `seen` are those that facts were said of. */
  take(seen: Iterable<ShardId>, isLacking: (id: ShardId) => boolean): ShardId[] {
    this.#wait(seen);
    const whole = [...this.#waiting.values()].filter((id) => !isLacking(id));
    for (const id of whole) {
      this.#waiting.delete(shardKey(id));
      this.#declared.add(shardKey(id));
    }
    return whole;
  }

  #wait(ids: Iterable<ShardId>): void {
    for (const id of ids) {
      const key = shardKey(id);
      if (!this.#declared.has(key)) this.#waiting.set(key, id);
    }
  }
}
