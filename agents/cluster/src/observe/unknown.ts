// What the observer does not know, because objects that were there from the start cannot be read: which services, which
// shards, whether the cluster's own fact. What is not known is not said, and its absence proves nothing (law 2).

import type { Finding, ShardId } from "@sealane/core";
import type { ReadableStore, Stored } from "../kube/store.ts";
import { objectKey, splitKey } from "../kube/store.ts";
import type { ObjectKey } from "../kube/store.ts";
import type { ReadableUnreadables } from "../kube/unreadable.ts";
import { serviceNameLabel } from "./parse-endpoint-slice.ts";

/** One kind as it is followed; without `unreadable`, everything in it could be read. */
export interface KnownKind {
  readonly store: ReadableStore<Stored>;
  readonly unreadable?: ReadableUnreadables;
}

/** The kinds that facts are made of. */
export interface KnownKinds {
  readonly nodes: KnownKind;
  readonly namespaces: KnownKind;
  readonly services: KnownKind;
  readonly exports: KnownKind;
  readonly slices: KnownKind;
  readonly serviceCidrs: KnownKind | undefined;
}

/** Objects that the cluster's own fact is made of, beside nodes and service ranges. */
export interface ClusterParts {
  readonly namespace: ObjectKey;
  readonly services: readonly ObjectKey[];
  /** The Service of mesh-dns, whose pods are told without an export. */
  readonly meshDns: ObjectKey;
}

/** Answers from what the kinds hold now. */
export class Unknown {
  readonly #kinds: KnownKinds;
  readonly #parts: ClusterParts;

  constructor(kinds: KnownKinds, parts: ClusterParts) {
    this.#kinds = kinds;
    this.#parts = parts;
  }

  /** Whether it is not known if the service is exported, what it offers, or which pods it has. */
  service(key: ObjectKey): boolean {
    return this.#any() && this.#services().has(key);
  }

  /** Whether a part of the cluster's own fact is not known. */
  cluster(): boolean {
    const { nodes, serviceCidrs, namespaces, services } = this.#kinds;
    const { namespace, services: parts } = this.#parts;
    return (
      isUnknown(nodes) ||
      isUnknown(serviceCidrs) ||
      isUnknown(namespaces, namespace) ||
      parts.some((key) => isUnknown(services, key))
    );
  }

  /** Whether something that belongs into the shard is not known, so that it cannot be whole. */
  shard({ kind, namespace }: ShardId): boolean {
    if (!this.#any()) return false;
    const { nodes, namespaces } = this.#kinds;
    if (kind === "cluster") return this.cluster();
    if (kind === "node") return isUnknown(nodes);
    if (kind === "namespace") return isUnknown(namespaces);
    const services = this.#services();
    if (kind !== "path") return [...services].some((key) => splitKey(key).namespace === namespace);
    return services.size > 0 || this.cluster() || isUnknown(namespaces);
  }

  /** Every object that cannot be read, for a person. */
  findings(): readonly Finding[] {
    return Object.values(this.#kinds).flatMap((kind?: KnownKind) =>
      [...(kind?.unreadable?.values() ?? [])].map(({ namespace, name, error, unknown }): Finding => {
        const held = unknown ? "nothing of its kind is told as gone meanwhile" : "what was known of it holds";
        return {
          subject: namespace === "" ? name : `${namespace}/${name}`,
          reason: "ObjectUnreadable",
          message: `${error.message}; ${held}`,
        };
      }),
    );
  }

  #any(): boolean {
    return Object.values(this.#kinds).some((kind?: KnownKind) => isUnknown(kind));
  }

  /** Services that are exported, or may be, and of which a part is not known. */
  #services(): ReadonlySet<ObjectKey> {
    const { exports, services, slices } = this.#kinds;
    const unknown = new Set(unknownOf(exports).map(({ namespace, name }) => objectKey(namespace, name)));
    const matters = (key: ObjectKey) =>
      unknown.has(key) || key === this.#parts.meshDns || exports.store.get(key) !== undefined;
    const parts = [
      ...unknownOf(services).map(({ namespace, name }) => objectKey(namespace, name)),
      ...unknownOf(slices).map(({ namespace, labels }) =>
        objectKey(namespace, labels[serviceNameLabel] ?? ""),
      ),
    ];
    for (const key of parts.filter(matters)) unknown.add(key);
    return unknown;
  }
}

function isUnknown(kind: KnownKind | undefined, key?: ObjectKey): boolean {
  return kind?.unreadable?.hasUnknown(key) ?? false;
}

function unknownOf({ unreadable }: KnownKind) {
  return [...(unreadable?.values() ?? [])].filter(({ unknown }) => unknown);
}
