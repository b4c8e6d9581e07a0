// Nodes that were away and come back. Their kubelet calls them ready before their kube-proxy can serve, so they count as
// not ready until their speaker says more, or for so long. A node that was never seen away is passed as it is.

import type { NodeFact } from "@sealane/core";
import type { Report } from "@sealane/wire";
import type { FactChange } from "../link/fact-table.ts";

/** How nodes are held, and whom to tell. */
export interface ReturningOptions {
  /** The longest that a ready node is held back, milliseconds: a speaker that does not come may not cost more. */
  readonly holdMs: number;
  /** Facts as they may be told. */
  readonly onFacts: (changes: readonly FactChange[]) => void;
}

type NodeChange = FactChange & { readonly value: NodeFact };

interface Away {
  /** As it was last observed, while it waits: ready. */
  ready: NodeChange | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Stands between the observer and the facts of one term. It knows nothing of what was before the term. */
export class ReturningNodes {
  readonly #options: ReturningOptions;
  /** Nodes whose speakers reported; only from them a word can be awaited. */
  readonly #speaking = new Set<string>();
  readonly #away = new Map<string, Away>();
  readonly #ready = new Set<string>();

  constructor(options: ReturningOptions, signal: AbortSignal) {
    this.#options = options;
    signal.addEventListener("abort", () => this.#away.forEach(({ timer }) => clearTimeout(timer)), {
      once: true,
    });
  }

  /** Takes what was observed, and tells it with the nodes that wait as not ready. */
  observe(changes: readonly FactChange[]): void {
    this.#options.onFacts(
      changes.map((change) => (isNode(change) ? this.#node(change) : this.#forget(change))),
    );
  }

  /** A speaker said how its node stands: one that serves is waited for no longer. */
  heard({ node, findings }: Report): void {
    this.#speaking.add(node);
    if (findings.some(({ reason }) => reason === "KubeProxyNotSynced")) return;
    this.#release(node);
  }

  #node(change: NodeChange): FactChange {
    const { key, value } = change;
    if (!value.ready) {
      const isLeaving = this.#ready.delete(key) && this.#speaking.has(key);
      const away = this.#away.get(key);
      clearTimeout(away?.timer);
      if (isLeaving || away !== undefined) this.#away.set(key, { ready: undefined, timer: undefined });
      return change;
    }
    this.#ready.add(key);
    const away = this.#away.get(key);
    if (away === undefined) return change;
    away.ready = change;
    away.timer ??= setTimeout(() => this.#release(key), this.#options.holdMs);
    return { ...change, value: { ...value, ready: false } };
  }

  #forget(change: FactChange): FactChange {
    if (change.shard.kind !== "node") return change;
    this.#ready.delete(change.key);
    clearTimeout(this.#away.get(change.key)?.timer);
    this.#away.delete(change.key);
    return change;
  }

  #release(node: string): void {
    const away = this.#away.get(node);
    if (away === undefined) return;
    clearTimeout(away.timer);
    this.#away.delete(node);
    if (away.ready !== undefined) this.#options.onFacts([away.ready]);
  }
}

function isNode(change: FactChange): change is NodeChange {
  return change.shard.kind === "node" && change.value !== undefined;
}
