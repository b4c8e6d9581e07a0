// Nodes that were away and come back. Their kubelet calls them ready before their kube-proxy can serve, so they count as
// not ready until their speaker says more, or has said nothing for so long. A node that was never seen away is passed as it
// is.

import type { NodeFact } from "@sealane/core";
import type { Report } from "@sealane/wire";
import type { FactChange } from "../link/fact-table.ts";

/** How nodes are held, and whom to tell. */
export interface ReturningOptions {
  /** How long a ready node is held back without a word, milliseconds: a speaker that does not come may not cost more. */
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

/**
 * Stands between the observer and the facts of one term. The node that is lost may be the one that the leader before ran
 * on, so a node that this term never heard of is waited for like any other, where other nodes have speakers.
 */
export class ReturningNodes {
  readonly #options: ReturningOptions;
  /** Whether any speaker reported: without one nobody's word can be awaited. */
  #haveSpoken = false;
  readonly #away = new Map<string, Away>();

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

  /** A speaker said how its node stands: one that serves is waited for no longer, one that says it does not is believed. */
  heard({ node, findings }: Report): void {
    this.#haveSpoken = true;
    if (!findings.some(({ reason }) => reason === "KubeProxyNotSynced")) return this.#release(node);
    const away = this.#away.get(node);
    if (away?.ready !== undefined) this.#hold(node, away);
  }

  #node(change: NodeChange): FactChange {
    const { key, value } = change;
    const away = this.#away.get(key);
    if (!value.ready) {
      clearTimeout(away?.timer);
      this.#away.set(key, { ready: undefined, timer: undefined });
      return change;
    }
    if (away === undefined) return change;
    if (!this.#haveSpoken) {
      this.#away.delete(key);
      return change;
    }
    if (away.ready === undefined) this.#hold(key, away);
    away.ready = change;
    return { ...change, value: { ...value, ready: false } };
  }

  #forget(change: FactChange): FactChange {
    if (change.shard.kind !== "node") return change;
    clearTimeout(this.#away.get(change.key)?.timer);
    this.#away.delete(change.key);
    return change;
  }

  #hold(node: string, away: Away): void {
    clearTimeout(away.timer);
    away.timer = setTimeout(() => this.#release(node), this.#options.holdMs);
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
