// Our objects of one kind: a store that follows them, and writes guarded by resource version and by the
// leader's term. Refuses to touch an object that does not carry our mark.

import { contentTypes } from "../kube/client.ts";
import type { KubeClient, Method, RequestOptions } from "../kube/client.ts";
import type { Json, Parse } from "../kube/door.ts";
import type { KubeError } from "../kube/error.ts";
import { hasStatus, isDenied, isRefusedWrite } from "../kube/error.ts";
import { isOwned, ownedSelector } from "../kube/ownership.ts";
import { Reflector } from "../kube/reflector.ts";
import type { ReflectorLimits, ReflectorState } from "../kube/reflector.ts";
import { collectionPath, deleteOptions, objectPath, resourceName } from "../kube/resource.ts";
import type { Resource } from "../kube/resource.ts";
import { objectKey } from "../kube/store.ts";
import type { ObjectKey, ReadableStore, Store, Stored } from "../kube/store.ts";
import { changedFields } from "./changed-fields.ts";

/** What every own object is known by. */
export interface Owned extends Stored {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Leadership, as writers see it. */
export interface Term {
  readonly signal: AbortSignal;
  /** Whether a write may go out at this very moment. */
  isCurrent(): boolean;
}

/** An object of the wanted name exists and is somebody else's. */
export class ForeignObject extends Error {
  override readonly name = "ForeignObject";
}

/** The API server does not serve the kind now; nothing was sent. */
export class NotServed extends Error {
  override readonly name = "NotServed";
}

/** Whether one write is refused, which says nothing of others: by the API server, or by somebody else's object. */
export function isRefusal(error: unknown): error is Error {
  return isDenied(error) || isRefusedWrite(error) || error instanceof ForeignObject;
}

/** What was known of the object was old; the store is fresh now, and the decision must be taken again. */
export class StaleObject extends Error {
  override readonly name = "StaleObject";
}

/** The term is over: nothing may be written any more. */
export class TermOver extends Error {
  override readonly name = "TermOver";
}

/** Sees every change of the store, and whether an own write's answer brought it. */
export type OwnObserver<T> = (
  key: ObjectKey,
  before: T | undefined,
  after: T | undefined,
  by: "answer" | "watch",
) => void;

/** Somebody else changed or deleted one of our objects. */
export interface HandEdit {
  /** Which fields, as `changedFields` names them; empty: the object was deleted. */
  readonly fields: readonly string[];
}

/** Which kind, and whom to tell. */
export interface OwnKindOptions<T extends Owned> {
  readonly client: KubeClient;
  readonly term: Term;
  readonly resource: Resource;
  readonly parse: Parse<T>;
  /** Others' objects of the kind are followed, too, so that they are known before one stands in the way; absent: ours. */
  readonly follows?: "everybody's";
  readonly onChange: (keys: readonly ObjectKey[]) => void;
  /** Everything of the kind was listed; again when the kind was not served, or not to be read, and is again. */
  readonly onSynced: () => void;
  readonly onProblem: (error: Error) => void;
  readonly observe?: OwnObserver<T>;
  /** What is ours of an object, in the shape in which people see it. */
  readonly fields: (value: T) => Json;
  /** Somebody else edited an object; told before onChange. */
  readonly onEdit?: (value: T) => void;
  /** An edit was put right by the write that gave this value. */
  readonly onRepaired?: (value: T, edit: HandEdit) => void;
  readonly limits?: Partial<ReflectorLimits>;
}

/** Edits of one kind that wait for their repair. */
const editsMax = 1_000;

/** Our objects of one kind. */
export class OwnKind<T extends Owned> {
  readonly #options: OwnKindOptions<T>;
  readonly #reflector: Reflector<T>;
  #by: "answer" | "watch" = "watch";
  #wasUnavailable = false;
  /** Objects that are being written here: what the watch says of them may be our own doing. */
  readonly #writing = new Map<ObjectKey, number>();
  readonly #edits = new Map<ObjectKey, { readonly before: T; readonly edit: HandEdit }>();

  constructor(options: OwnKindOptions<T>) {
    this.#options = options;
    this.#reflector = new Reflector<T>(
      {
        client: options.client,
        resource: options.resource,
        parse: options.parse,
        ...(options.follows === undefined ? { labelSelector: ownedSelector } : {}),
        onChange: options.onChange,
        onSynced: options.onSynced,
        onInvalid: options.onProblem,
        onState: (state) => this.#onState(state),
        observe: (key, before, after) => {
          options.observe?.(key, before, after, this.#by);
          if (this.#by === "watch") this.#noteEdit(key, before, after);
        },
        ...(options.limits === undefined ? {} : { limits: options.limits }),
      },
      options.term.signal,
    );
  }

  get synced(): boolean {
    return this.#reflector.synced;
  }

  get store(): ReadableStore<T> {
    return this.#reflector.store;
  }

  get resource(): Resource {
    return this.#options.resource;
  }

  /** Why the kind is not followed: it is not served (404), or must not be read (403). What was known of it holds. */
  get unavailable(): KubeError | undefined {
    const { state } = this.#reflector;
    return state.is === "unknown" && isUnavailable(state.error) ? state.error : undefined;
  }

  /** @throws ForeignObject, StaleObject when it exists already and is ours, NotServed, TermOver, KubeError */
  async create(namespace: string, name: string, body: object): Promise<T> {
    const key = objectKey(namespace, name);
    try {
      return await this.#during(key, async () =>
        this.#keep(await this.#write("POST", collectionPath(this.#options.resource, namespace), { body })),
      );
    } catch (error) {
      if (!hasStatus(error, 409)) throw error;
      return await this.#reread(namespace, name, error);
    }
  }

  /** Replaces the held object; `body` need not carry the resource version. @throws as create */
  async update(held: T, body: { readonly metadata: object }): Promise<T> {
    const metadata = { ...body.metadata, ...identityOf(held) };
    return await this.#guarded(held, "PUT", objectPath(this.#options.resource, held.namespace, held.name), {
      body: { ...body, metadata },
    });
  }

  /** Sets fields of the held object's status. @throws as create */
  async updateStatus(held: T, status: object): Promise<T> {
    return await this.#guarded(
      held,
      "PATCH",
      objectPath(this.#options.resource, held.namespace, held.name, "status"),
      {
        body: { metadata: identityOf(held), status },
        contentType: contentTypes.mergePatch,
      },
    );
  }

  /** Deletes the held object, and no other that took its name since. Gone already is well. @throws TermOver, KubeError */
  async remove(held: T): Promise<void> {
    const path = objectPath(this.#options.resource, held.namespace, held.name);
    const body = deleteOptions(held.uid);
    await this.#during(objectKey(held.namespace, held.name), async () => {
      try {
        await this.#write("DELETE", path, { body });
      } catch (error) {
        if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error;
      }
      this.#drop(held);
    });
    this.forgetEdit(objectKey(held.namespace, held.name));
  }

  /** Makes sure that there is no object of the name, whatever is known of it. @throws as create */
  async ensureGone(namespace: string, name: string): Promise<void> {
    const found = await this.#read(namespace, name);
    if (found !== undefined) throw this.#take(found, undefined);
  }

  /** There is nothing to put right about it: what was edited is not ours, or the object is not wanted any more. */
  forgetEdit(key: ObjectKey): void {
    this.#edits.delete(key);
  }

  /** As forgetEdit, for all of these, whether they are still there or not. */
  forgetEdits(isOne: (value: T) => boolean): void {
    for (const [key, { before }] of this.#edits) if (isOne(before)) this.#edits.delete(key);
  }

  #onState(state: ReflectorState): void {
    if (state.is === "unknown") {
      this.#wasUnavailable ||= isUnavailable(state.error);
      this.#options.onProblem(state.error);
    } else if (this.#wasUnavailable) {
      this.#wasUnavailable = false;
      this.#options.onSynced();
    }
  }

  async #during<R>(key: ObjectKey, work: () => Promise<R>): Promise<R> {
    this.#writing.set(key, (this.#writing.get(key) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#writing.get(key) ?? 1) - 1;
      if (left === 0) this.#writing.delete(key);
      else this.#writing.set(key, left);
    }
  }

  #noteEdit(key: ObjectKey, before: T | undefined, after: T | undefined): void {
    if (before === undefined || !isOwned(before) || this.#writing.has(key)) return;
    // Whoever takes both marks away takes the object over.
    if (after !== undefined && !isOwned(after)) return;
    const first = this.#edits.get(key)?.before ?? before;
    const { fields: fieldsOf, onEdit } = this.#options;
    const fields = after === undefined ? [] : changedFields(fieldsOf(first), fieldsOf(after));
    if (after !== undefined && fields.length === 0) return;
    if (this.#edits.size < editsMax) this.#edits.set(key, { before: first, edit: { fields } });
    onEdit?.(before);
  }

  async #write(method: Method, path: string, options: RequestOptions): Promise<unknown> {
    const { term, client } = this.#options;
    if (!term.isCurrent())
      throw new TermOver(`${method} ${path} was not sent: this agent does not lead any more`);
    const { unavailable } = this;
    if (unavailable?.status === 404)
      throw new NotServed(`${method} ${path} was not sent: the API server does not serve the kind`, {
        cause: unavailable,
      });
    return await client.request(method, path, { ...options, signal: term.signal });
  }

  async #guarded(held: T, method: Method, path: string, options: RequestOptions): Promise<T> {
    try {
      return await this.#during(objectKey(held.namespace, held.name), async () =>
        this.#keep(await this.#write(method, path, options)),
      );
    } catch (error) {
      if (hasStatus(error, 404)) throw this.#gone(held, error);
      if (!hasStatus(error, 409)) throw error;
      return await this.#reread(held.namespace, held.name, error);
    }
  }

  #keep(answer: unknown): T {
    const value = this.#options.parse(answer);
    this.#byAnswer((store) => store.put(value));
    const key = objectKey(value.namespace, value.name);
    const edited = this.#edits.get(key);
    this.#edits.delete(key);
    if (edited !== undefined) this.#options.onRepaired?.(value, edited.edit);
    return value;
  }

  #drop(held: T): void {
    this.#byAnswer((store) => store.remove(objectKey(held.namespace, held.name), held.resourceVersion));
  }

  #byAnswer(change: (store: Store<T>) => unknown): void {
    this.#by = "answer";
    try {
      change(this.#reflector.store);
    } finally {
      this.#by = "watch";
    }
  }

  #gone(held: T, cause: unknown): StaleObject {
    this.#drop(held);
    return new StaleObject(`${this.#title(held.namespace, held.name)} was deleted by somebody else`, {
      cause,
    });
  }

  /** After a conflict: reads what is there, keeps it if it is ours, and asks for a new decision. */
  async #reread(namespace: string, name: string, conflict: unknown): Promise<never> {
    const found = await this.#read(namespace, name);
    if (found !== undefined) throw this.#take(found, conflict);
    const held = this.#reflector.store.get(objectKey(namespace, name));
    if (held !== undefined) this.#drop(held);
    throw new StaleObject(`${this.#title(namespace, name)} is gone`, { cause: conflict });
  }

  async #read(namespace: string, name: string): Promise<T | undefined> {
    const { client, resource, term, parse } = this.#options;
    try {
      return parse(
        await client.request("GET", objectPath(resource, namespace, name), { signal: term.signal }),
      );
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** What was found is known from here on, if it is ours; says what it is to whoever met it. */
  #take(found: T, conflict: unknown): StaleObject | ForeignObject {
    const { namespace, name } = found;
    const key = objectKey(namespace, name);
    if (!isOwned(found)) {
      const said = `${this.#title(namespace, name)} exists and is not Sealane's. Delete or rename it.`;
      return new ForeignObject(said, { cause: conflict });
    }
    // It looked deleted because it had lost the label that we select by.
    const edited = this.#edits.get(key);
    if (edited?.edit.fields.length === 0) {
      const fields = changedFields(this.#options.fields(edited.before), this.#options.fields(found));
      this.#edits.set(key, { before: edited.before, edit: { fields } });
    }
    this.#byAnswer((store) => store.put(found));
    const said = `${this.#title(namespace, name)} was changed by somebody else`;
    return new StaleObject(said, { cause: conflict });
  }

  #title(namespace: string, name: string): string {
    return `${resourceName(this.#options.resource)} ${namespace}/${name}`;
  }
}

function isUnavailable(error: Error): error is KubeError {
  return hasStatus(error, 404) || hasStatus(error, 403);
}

/** What makes a write fail when the object is not the one that was read. */
function identityOf({ namespace, name, resourceVersion, uid }: Stored): object {
  return { namespace, name, resourceVersion, uid };
}
