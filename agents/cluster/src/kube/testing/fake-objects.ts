// The objects of the fake API server: versions, conflicts and history as the real one has them. For tests.

import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

/** A JSON object with metadata, as kept. */
export interface FakeObject {
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly status?: unknown;
}

/** One change, as watchers see it. */
export interface FakeEvent {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly collection: string;
  readonly object: FakeObject;
  /** Before the change: what it needs to tell a watcher that an object left its selection. */
  readonly before: FakeObject | undefined;
}

/** A refusal in the words of the API. */
export class FakeRefusal extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

type Body = Record<string, unknown> & { metadata?: Record<string, unknown> };

/** Everything that the fake holds. */
export class FakeObjects {
  /** What is kept of an object that is written: a definition drops fields that it does not know, and fills others in. */
  keep: (collection: string, object: FakeObject) => FakeObject = (_collection, object) => object;
  readonly #collections = new Map<string, Map<string, FakeObject>>();
  readonly #listeners = new Set<(event: FakeEvent) => void>();
  #history: FakeEvent[] = [];
  #version = 1;
  /** Versions before this one are forgotten. */
  #oldest = 1;

  get version(): number {
    return this.#version;
  }

  get oldest(): number {
    return this.#oldest;
  }

  listen(listener: (event: FakeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  since(version: number): readonly FakeEvent[] {
    return this.#history.filter((event) => event.version > version);
  }

  /** Forgets history, as a compaction or a new watch cache does. */
  forget(): void {
    this.#history = [];
    this.#oldest = ++this.#version;
  }

  /** Objects of a collection over all namespaces, or of one, by key. */
  list(collection: string, namespace: string): FakeObject[] {
    const all = [...(this.#collections.get(collection)?.values() ?? [])];
    const inside = all.filter(({ metadata }) => namespace === "" || metadata.namespace === namespace);
    return inside.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  get(collection: string, namespace: string, name: string): FakeObject {
    const found = this.#collections.get(collection)?.get(`${namespace}/${name}`);
    if (found === undefined) throw new FakeRefusal(404, "NotFound", `${collection} "${name}" not found`);
    return found;
  }

  create(collection: string, namespace: string, body: Body): FakeObject {
    const name = String(body.metadata?.["name"]);
    if (this.#collections.get(collection)?.has(`${namespace}/${name}`)) {
      throw new FakeRefusal(409, "AlreadyExists", `${collection} "${name}" already exists`);
    }
    const { status: _status, ...rest } = body;
    const metadata = {
      ...rest.metadata,
      ...(namespace === "" ? {} : { namespace }),
      name,
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: `${new Date().toISOString().slice(0, 19)}Z`,
    };
    return this.#put("ADDED", collection, { ...rest, metadata } as unknown as FakeObject);
  }

  update(
    collection: string,
    namespace: string,
    name: string,
    body: Body,
    part: "object" | "status",
  ): FakeObject {
    const held = this.get(collection, namespace, name);
    const claimed = body.metadata?.["resourceVersion"];
    if (claimed !== undefined && claimed !== held.metadata.resourceVersion) {
      throw new FakeRefusal(409, "Conflict", `the object has been modified; ${collection} "${name}"`);
    }
    if (part === "status") return this.#put("MODIFIED", collection, { ...held, status: body["status"] });
    const { uid, creationTimestamp, generation } = held.metadata;
    const metadata = {
      ...body.metadata,
      namespace,
      name,
      uid,
      creationTimestamp,
      // As of a custom resource: metadata alone is no new generation.
      generation: isDeepStrictEqual(specOf(held), specOf(body)) ? generation : generation + 1,
    };
    const kept = held.status === undefined ? {} : { status: held.status };
    return this.#put("MODIFIED", collection, { ...body, ...kept, metadata } as unknown as FakeObject);
  }

  remove(collection: string, namespace: string, name: string): FakeObject {
    const held = this.get(collection, namespace, name);
    return this.#put("DELETED", collection, held);
  }

  /** Deletes a whole collection, as the removal of a CRD does. */
  clear(collection: string): void {
    for (const object of this.list(collection, "")) this.#put("DELETED", collection, object);
  }

  #put(type: FakeEvent["type"], collection: string, given: FakeObject): FakeObject {
    const version = ++this.#version;
    const kept = type === "DELETED" ? given : this.keep(collection, given);
    const object = { ...kept, metadata: { ...kept.metadata, resourceVersion: String(version) } };
    let objects = this.#collections.get(collection);
    if (objects === undefined) {
      objects = new Map();
      this.#collections.set(collection, objects);
    }
    const key = keyOf(object);
    const before = objects.get(key);
    if (type === "DELETED") objects.delete(key);
    else objects.set(key, object);
    const event = { version, type, collection, object, before };
    this.#history.push(event);
    for (const listener of this.#listeners) listener(event);
    return object;
  }
}

function specOf({ metadata: _metadata, status: _status, ...rest }: Body | FakeObject): object {
  return rest;
}

function keyOf({ metadata }: FakeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
