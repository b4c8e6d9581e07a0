// Keeps a store equal to what the API server holds of one kind: paged list, then watch, for ever.
// A list that fails means "unknown" and leaves the store alone; nothing is ever taken for empty.

import { setTimeout, clearTimeout } from "node:timers";
import { createBackoff, sleep } from "./backoff.ts";
import type { Backoff, BackoffBounds } from "./backoff.ts";
import { nowUnixUs } from "@sealane/wire";
import type { KubeClient } from "./client.ts";
import type { Parse } from "./door.ts";
import { DoubtedDeletions } from "./doubted-deletions.ts";
import { KubeError, hasStatus } from "./error.ts";
import { listAll } from "./list.ts";
import { collectionPath, resourceName } from "./resource.ts";
import type { Resource } from "./resource.ts";
import { compareVersions, createStore, objectKey } from "./store.ts";
import type { ObjectKey, Store, Stored, StoreObserver } from "./store.ts";
import { UnreadableObjects } from "./unreadable.ts";
import type { ReadableUnreadables } from "./unreadable.ts";
import { createWatchReader } from "./watch.ts";

/** What a reflector knows of its kind. */
export type ReflectorState =
  /** The first list is under way. */
  | { readonly is: "starting" }
  /** The store follows the API server. */
  | { readonly is: "following" }
  /** Listing or watching fails; the store holds what was last known. */
  | { readonly is: "unknown"; readonly error: Error };

/** What to reflect, and whom to tell. */
export interface ReflectorOptions<T extends Stored> {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly parse: Parse<T>;
  /** Only this namespace; all when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /**
   * Keys whose value changed, or of which something is known now, and when that was observed (Unix microseconds). Must
   * only enqueue.
   */
  readonly onChange: (keys: readonly ObjectKey[], observedUnixUs: bigint) => void;
  /** After the first complete list, when onChange has named everything in it that could be read. */
  readonly onSynced?: () => void;
  /** The state changed; a failure that goes on in the same words is told once. */
  readonly onState?: (state: ReflectorState) => void;
  /** An object that could not be parsed; its last good value stays in the store. */
  readonly onInvalid?: (error: Error) => void;
  /** Sees every change of the store first: for indexes. */
  readonly observe?: StoreObserver<T>;
  /** Whether the kind stays; while it does not, nothing that goes counts as gone. Absent: it always does. */
  readonly isStaying?: () => Promise<boolean>;
  readonly limits?: Partial<ReflectorLimits>;
}

/** Bounds of a reflector. */
export interface ReflectorLimits {
  /** Objects of one page. */
  readonly pageSize: number;
  /** A watch that brings no byte for so long is broken off and resumed. */
  readonly silenceMs: number;
  /**
   * The server is asked to end a watch after this long, and up to a fifth more. Shorter than the silence, so that
   * a healthy watch of a quiet kind ends in time and never looks silent: kube-apiserver sends bookmarks a minute
   * apart and one shortly before this end, but none before its own cache saw something of the kind.
   */
  readonly watchSeconds: number;
  readonly backoff: BackoffBounds;
}

const limitsDefault: ReflectorLimits = {
  pageSize: 500,
  silenceMs: 60_000,
  watchSeconds: 45,
  backoff: { minMs: 50, maxMs: 5_000 },
};

/** A running reflector; ends with its signal. */
export class Reflector<T extends Stored> {
  readonly store: Store<T>;
  readonly #unreadable = new UnreadableObjects();
  readonly #options: ReflectorOptions<T>;
  readonly #limits: ReflectorLimits;
  readonly #signal: AbortSignal;
  readonly #path: string;
  readonly #selectors: Readonly<Record<string, string>>;
  readonly #backoff: Backoff;
  #state: ReflectorState = { is: "starting" };
  #synced = false;
  /** From where to watch, or undefined when a list is due. */
  #version: string | undefined;
  /** The newest version ever seen by list or watch. */
  #newest = "0";
  /** Where watches put what they read. */
  readonly #watched: Store<T>;
  /** Ends the current watch, for this reason. */
  #breakOff: (reason: Error) => void = () => {};

  constructor(options: ReflectorOptions<T>, signal: AbortSignal) {
    this.store = createStore<T>(options.observe);
    this.#options = options;
    this.#limits = { ...limitsDefault, ...options.limits };
    this.#signal = signal;
    this.#path = collectionPath(options.resource, options.namespace);
    this.#selectors = {
      ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
      ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
    };
    this.#backoff = createBackoff(this.#limits.backoff);
    this.#watched = this.#doubting(options.isStaying);
    void this.#run();
  }

  /** The store has held everything once: a missing object is one that does not exist, or one of the unreadable. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Objects that are there and could not be read. */
  get unreadable(): ReadableUnreadables {
    return this.#unreadable;
  }

  get state(): ReflectorState {
    return this.#state;
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      const startedAt = performance.now();
      try {
        this.#version ??= await this.#list();
        if (this.#signal.aborted) return;
        await this.#watch(this.#version);
        // Ended by the server, as asked; one that ends everything at once must not be asked in a loop.
        if (performance.now() - startedAt < 1_000) await sleep(this.#backoff.next(), this.#signal);
      } catch (error) {
        if (this.#signal.aborted) return;
        if (mustList(error)) this.#version = undefined;
        if (!isRoutine(error))
          this.#setState({ is: "unknown", error: asError(error, this.#options.resource) });
        await sleep(this.#backoff.next(), this.#signal);
      }
    }
  }

  async #list(): Promise<string> {
    const { client, parse, onInvalid, onChange, onSynced } = this.#options;
    const listed = await listAll({
      client,
      parse,
      path: this.#path,
      selectors: this.#selectors,
      pageSize: this.#limits.pageSize,
      signal: this.#signal,
      ...(onInvalid === undefined ? {} : { onInvalid }),
    });
    if (this.#signal.aborted) return listed.version;
    if ((await this.#options.isStaying?.()) === false) throw leaving(this.#options.resource);
    const history = compareVersions(listed.version, this.#newest) < 0 ? "restarted" : "continues";
    this.#newest = listed.version;
    const held = listed.unreadable.flatMap(
      ({ namespace, name }) => this.store.get(objectKey(namespace, name)) ?? [],
    );
    const first = !this.#synced;
    const resolved = this.#unreadable.replace(listed.unreadable, first ? "first" : "later");
    const replaced = this.store.replace([...listed.values, ...held], listed.version, history);
    const changed = [...new Set([...replaced, ...resolved])];
    this.#synced = true;
    if (changed.length > 0) onChange(changed, listed.observedUnixUs);
    if (first) onSynced?.();
    return listed.version;
  }

  /** One watch until the server ends it. @throws KubeError */
  async #watch(from: string): Promise<void> {
    const stop = new AbortController();
    const silence = setTimeout(() => stop.abort(), this.#limits.silenceMs);
    const reader = this.#reader();
    let fault: unknown;
    this.#breakOff = (reason) => {
      fault ??= reason;
      stop.abort();
    };
    const handler = {
      onOpen: () => this.#setState({ is: "following" }),
      onChunk: (chunk: Buffer) => {
        silence.refresh();
        try {
          reader.push(chunk);
          this.#backoff.reset();
        } catch (error) {
          fault ??= error;
          stop.abort();
        }
      },
    };
    try {
      const signal = AbortSignal.any([this.#signal, stop.signal]);
      await this.#options.client.stream(this.#path, this.#watchQuery(from), handler, signal);
    } catch (error) {
      if (fault === undefined && stop.signal.aborted) throw silent(this.#path, this.#limits.silenceMs);
      throw fault ?? error;
    } finally {
      clearTimeout(silence);
    }
    if (fault !== undefined) throw fault;
  }

  #reader(): { push(chunk: Buffer): void } {
    const { resource, parse, onChange, onInvalid } = this.#options;
    return createWatchReader({
      kind: resource.kind,
      parse,
      store: this.#watched,
      unreadable: this.#unreadable,
      onChange,
      onInvalid: onInvalid ?? (() => {}),
      onVersion: (seen) => {
        if (compareVersions(seen, this.#newest) < 0) throw historyRestarted(this.#path, seen, this.#newest);
        this.#version = this.#newest = seen;
      },
    });
  }

  /** The store itself, or one whose deletions wait; a kind that goes is listed again, until it is there to stay. */
  #doubting(isStaying: (() => Promise<boolean>) | undefined): Store<T> {
    if (isStaying === undefined) return this.store;
    const { resource, onChange } = this.#options;
    const deletions = new DoubtedDeletions({
      store: this.store,
      isStaying,
      onRemoved: (keys, at) => {
        if (!this.#signal.aborted) onChange(keys, at);
      },
      onRefused: (error) => {
        this.#version = undefined;
        this.#breakOff(error === undefined ? leaving(resource) : asError(error, resource));
      },
    });
    return deletions.storeAt(nowUnixUs);
  }

  #watchQuery(from: string): Record<string, string> {
    return {
      ...this.#selectors,
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: from,
      timeoutSeconds: String(Math.ceil(this.#limits.watchSeconds * (1 + Math.random() / 5))),
    };
  }

  #setState(next: ReflectorState): void {
    const before = this.#state;
    if (next.is === "following" && before.is === "following") return;
    this.#state = next;
    if (next.is === "unknown" && before.is === "unknown" && next.error.message === before.error.message)
      return;
    this.#options.onState?.(next);
  }
}

/** 410: the version is too old. 404: the kind is not served (any more). Neither can be resumed. */
function mustList(error: unknown): boolean {
  return hasStatus(error, 410) || hasStatus(error, 404);
}

/** What happens to a healthy reflector too, and says nothing against what it knows. */
function isRoutine(error: unknown): boolean {
  return hasStatus(error, 410) || (error instanceof KubeError && error.reason === "Silent");
}

function leaving(resource: Resource): KubeError {
  const text = `The API server is taking ${resourceName(resource)} away, or has; what was known of them holds until it serves them again`;
  return new KubeError(text, { status: 404, reason: "NotFound" });
}

function silent(path: string, silenceMs: number): KubeError {
  return new KubeError(`WATCH ${path} was silent for ${silenceMs} ms; it is resumed`, {
    status: 0,
    reason: "Silent",
  });
}

function historyRestarted(path: string, seen: string, newest: string): KubeError {
  const text = `WATCH ${path} brought version ${seen} after ${newest}: the API server's datastore was restored; everything is listed again`;
  return new KubeError(text, { status: 410, reason: "Expired" });
}

function asError(error: unknown, resource: Resource): Error {
  return error instanceof Error
    ? error
    : new Error(`Cannot follow ${resourceName(resource)}: ${String(error)}`);
}
