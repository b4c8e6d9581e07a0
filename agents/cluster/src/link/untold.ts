// Facts of this term that the hub would not take: which they are, what a person reads of them, and which shards lack
// something by it. What was not told is unknown and not gone, so such a shard cannot be whole (law 2).

import type { Finding, ShardId } from "@sealane/core";
import { factBytesMax, shardKey, splitReachKey } from "@sealane/core";

interface UntoldFact {
  readonly shard: ShardId;
  readonly key: string;
  /** An earlier value of it was told in this term, and stands in its place. */
  readonly isTold: boolean;
  /** What is wrong with its value; empty: it is too large. */
  readonly fault: string;
}

/** What was left out. */
export class Untold {
  readonly #facts = new Map<string, UntoldFact>();

  /** Notes a fact; false when it was noted before. */
  add(fact: UntoldFact): boolean {
    const id = factId(fact.shard, fact.key);
    if (this.#facts.has(id)) return false;
    this.#facts.set(id, fact);
    return true;
  }

  /** The fact was told, or is gone; false when it was not left out. */
  delete(shard: ShardId, key: string): boolean {
    return this.#facts.size > 0 && this.#facts.delete(factId(shard, key));
  }

  /** Whether the shard would be taken for whole without a fact that there is. `path` says that all others are whole. */
  isLacking(id: ShardId): boolean {
    const lacking = [...this.#facts.values()].filter(({ isTold }) => !isTold);
    return lacking.some(({ shard }) => id.kind === "path" || shardKey(shard) === shardKey(id));
  }

  /** Everything that was left out, for a person. */
  findings(): readonly Finding[] {
    return [...this.#facts.values()].map((fact) => ({
      subject: subjectOf(fact),
      reason: fact.fault === "" ? "FactTooLarge" : "ObjectUnreadable",
      message: untoldText(fact),
    }));
  }

  /** What the owner of one service's export should know; empty when nothing. */
  remark(namespace: string, service: string): string {
    return [...this.#facts.values()]
      .filter((fact) => fact.shard.namespace === namespace && serviceOf(fact) === service)
      .map(untoldText)
      .join(" ");
  }
}

/** The service that the fact is of; undefined when it is of none. */
export function serviceOf({ shard, key }: Pick<UntoldFact, "shard" | "key">): string | undefined {
  if (shard.kind === "export") return key;
  return shard.kind === "reach" ? splitReachKey(key).service : undefined;
}

/** Says what is wrong and what to do. It names no size, which may change all the time while the sentence holds. */
export function untoldText(fact: Omit<UntoldFact, "isTold">): string {
  const { what, cure } = describe(fact);
  if (fact.fault !== "")
    return `${what} a value that cannot be sent: ${fact.fault}. What it had before stays.`;
  return `${what} more than ${factBytesMax} bytes, the most that the hub takes. What it had before stays. ${cure}.`;
}

function describe(fact: Pick<UntoldFact, "shard" | "key">): { readonly what: string; readonly cure: string } {
  const { shard, key } = fact;
  const service = serviceOf(fact);
  if (service !== undefined) {
    const name = `"${shard.namespace}/${service}"`;
    return shard.kind === "export" ? describeExport(name) : describeEndpoints(name, splitReachKey(key).node);
  }
  if (shard.kind === "cluster") {
    return {
      what: "Changes of the cluster's own ranges and addresses are not told: they have",
      cure: "Declare fewer and wider ranges with --pod-range and --service-range",
    };
  }
  return { what: `Changes of the ${shard.kind} "${key}" are not told: it has`, cure: "Make it smaller" };
}

function describeExport(name: string) {
  return {
    what: `Changes of the export of Service ${name} are not told: it has`,
    cure: "Give the Service fewer ports, or its ServiceExport smaller labels and annotations",
  };
}

function describeEndpoints(name: string, node: string) {
  const whose = node === "" ? "that name no node" : `on node "${node}"`;
  const apart = node === "" ? "Name each one's node (nodeName), or divide" : "Divide";
  return {
    what: `Changes of the endpoints of Service ${name} ${whose} are not told: they have`,
    cure: `${apart} them among several Services`,
  };
}

function subjectOf({ shard, key }: UntoldFact): string {
  const service = serviceOf({ shard, key });
  if (service !== undefined) return `${shard.namespace}/${service}`;
  return shard.kind === "cluster" ? "cluster" : key;
}

function factId(shard: ShardId, key: string): string {
  return `${shardKey(shard)} ${key}`;
}
