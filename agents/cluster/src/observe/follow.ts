// The port through which the observer sees a cluster: objects of one kind, followed wherever they are kept. Forms
// differ in where that is (an API server, a directory of manifests) and agree in the rest: unknown is not empty.

import type { KubeClient } from "../kube/client.ts";
import { isKindStaying } from "../kube/definition.ts";
import { hasStatus } from "../kube/error.ts";
import type { Parse } from "../kube/door.ts";
import { Reflector } from "../kube/reflector.ts";
import type { ReflectorLimits } from "../kube/reflector.ts";
import { resourceName, resources } from "../kube/resource.ts";
import type { Resource } from "../kube/resource.ts";
import type { ObjectKey, ReadableStore, Stored, StoreObserver } from "../kube/store.ts";
import type { ReadableUnreadables } from "../kube/unreadable.ts";

/** Which kind to follow, and whom to tell. */
export interface FollowOptions<T extends Stored> {
  readonly resource: Resource;
  readonly parse: Parse<T>;
  /** Equalities and inequalities of labels, joined by commas. */
  readonly labelSelector?: string;
  /** Keys whose value changed, and when that was observed (Unix microseconds). Must only enqueue. */
  readonly onChange: (keys: readonly ObjectKey[], observedUnixUs: bigint) => void;
  /** Once, when everything of the kind is in the store and onChange has named it. */
  readonly onSynced: () => void;
  /** The kind cannot be read; the store holds what was last known. */
  readonly onUnknown: (error: Error) => void;
  /** One object cannot be read; its last good value stays in the store. */
  readonly onInvalid: (error: Error) => void;
  /** Sees every change of the store first: for indexes. */
  readonly observe?: StoreObserver<T>;
}

/** Objects of one kind as they were last known. */
export interface Followed<T extends Stored> {
  readonly store: ReadableStore<T>;
  /** The store has held everything once: a missing object is one that does not exist. */
  readonly synced: boolean;
  /** Objects that are there and could not be read; absent where that keeps the kind from being synced. */
  readonly unreadable?: ReadableUnreadables;
}

/** Follows one kind until the signal aborts. */
export type Follow = <T extends Stored>(options: FollowOptions<T>, signal: AbortSignal) => Followed<T>;

/** The form that lists and watches an API server. */
export function followApiServer(client: KubeClient, limits: Partial<ReflectorLimits> = {}): Follow {
  return ({ onUnknown, ...options }, signal) =>
    new Reflector(
      {
        ...options,
        client,
        limits,
        // Whoever takes the definition away says nothing about what people exported.
        ...(options.resource === resources.serviceExports
          ? { isStaying: () => isKindStaying(client, options.resource, signal) }
          : {}),
        onState: (state) => {
          if (state.is === "unknown") onUnknown(state.error);
        },
      },
      signal,
    );
}

/** The error that a kind is unknown by, with what to do where the API server is too old for it. */
export function withCure(resource: Resource, error: Error): Error {
  if (resource.plural !== resources.serviceCidrs.plural || !hasStatus(error, 404)) return error;
  const name = resourceName(resources.serviceCidrs);
  return new Error(
    `The service range is unknown: this API server does not serve ${name}. Give it by --service-range.`,
    {
      cause: error,
    },
  );
}
