// Reading objects of the API server at the door: from unknown JSON to plain values, or an error that names
// the object and the field. Refuses to guess.

import type { Stored } from "./store.ts";
import type { UnreadObject } from "./unreadable.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** An object whose shape is not what its kind promises. */
export class ObjectError extends Error {
  override readonly name = "ObjectError";
  /** The field that is wrong: `spec.ports[0].port`; empty for the object as a whole. */
  readonly where: string;

  constructor(message: string, options: { readonly where: string; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.where = options.where;
  }
}

/** Makes a slim value of one object. @throws ObjectError */
export type Parse<T extends Stored> = (object: unknown) => T;

/** The value as a JSON object. `where` names it in the error: `spec.ports[0]`. */
export function record(value: unknown, where: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong(where, "an object", value);
  return value as Json;
}

/** A JSON object, or the empty one when absent. */
export function optionalRecord(value: unknown, where: string): Json {
  return value === undefined || value === null ? {} : record(value, where);
}

/** The value as a list; absent is empty, as the API server omits empty lists. */
export function list(value: unknown, where: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong(where, "a list", value);
  return value;
}

/** A string. */
export function text(value: unknown, where: string): string {
  if (typeof value !== "string") throw wrong(where, "a string", value);
  return value;
}

/** A string, or the fallback when absent. */
export function optionalText(value: unknown, where: string, fallback = ""): string {
  return value === undefined || value === null ? fallback : text(value, where);
}

/** A list of strings; absent is empty. */
export function texts(value: unknown, where: string): readonly string[] {
  return list(value, where).map((each, index) => text(each, `${where}[${index}]`));
}

/** A whole number. */
export function integer(value: unknown, where: string): number {
  if (typeof value !== "number" || !Number.isInteger(value)) throw wrong(where, "a whole number", value);
  return value;
}

/** True or false, or the fallback when absent. */
export function optionalBoolean(value: unknown, where: string, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== "boolean") throw wrong(where, "true or false", value);
  return value;
}

/** A map of strings; absent is empty. */
export function textMap(value: unknown, where: string): Readonly<Record<string, string>> {
  const from = optionalRecord(value, where);
  return Object.fromEntries(
    Object.entries(from).map(([key, each]) => [key, text(each, `${where}[${JSON.stringify(key)}]`)]),
  );
}

/** One of a closed set of strings, or the fallback when absent. */
export function oneOf<const T extends string>(
  value: unknown,
  where: string,
  allowed: readonly T[],
  fallback: T,
): T {
  if (value === undefined || value === null || value === "") return fallback;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw wrong(where, `one of ${allowed.join(", ")}`, value);
  return found;
}

/** What every parse function needs of an object. */
export interface ObjectParts extends Stored {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Unix seconds; 0 when absent. */
  readonly createdAt: number;
  readonly generation: number;
  /** `deletionTimestamp` is set. */
  readonly terminating: boolean;
  readonly root: Json;
  readonly spec: Json;
  readonly status: Json;
}

/**
 * Parses one object of `kind` by `build`; whatever is wrong with it, the error names the object.
 * @throws ObjectError `Cannot read EndpointSlice shop/web-x: endpoints[0].addresses must be a list, not 7`
 */
export function parseObject<T extends Stored>(
  kind: string,
  object: unknown,
  build: (parts: ObjectParts) => T,
): T {
  try {
    return build(partsOf(object));
  } catch (cause) {
    if (!(cause instanceof ObjectError)) throw cause;
    const { where, message } = cause;
    throw new ObjectError(`Cannot read ${kind} ${nameOf(object)}: ${message}`, { where, cause });
  }
}

/** The metadata that a store needs. @throws ObjectError */
export function storedOf(object: unknown): Stored {
  const metadata = record(record(object, "object")["metadata"], "metadata");
  return {
    namespace: optionalText(metadata["namespace"], "metadata.namespace"),
    name: text(metadata["name"], "metadata.name"),
    uid: optionalText(metadata["uid"], "metadata.uid"),
    resourceVersion: text(metadata["resourceVersion"], "metadata.resourceVersion"),
  };
}

/** An object that could not be read, as far as it can be named. @throws ObjectError when it has no name */
export function unreadOf(object: unknown, error: Error): UnreadObject {
  const { namespace, name } = storedOf(object);
  const labels = (object as { metadata: { labels?: unknown } }).metadata.labels ?? {};
  const texts = Object.entries(labels).filter(
    (pair): pair is [string, string] => typeof pair[1] === "string",
  );
  return { namespace, name, labels: Object.fromEntries(texts), error };
}

function partsOf(object: unknown): ObjectParts {
  const root = record(object, "object");
  const metadata = record(root["metadata"], "metadata");
  const created = Date.parse(optionalText(metadata["creationTimestamp"], "metadata.creationTimestamp"));
  return {
    ...storedOf(object),
    labels: textMap(metadata["labels"], "metadata.labels"),
    annotations: textMap(metadata["annotations"], "metadata.annotations"),
    createdAt: Number.isNaN(created) ? 0 : Math.floor(created / 1_000),
    generation:
      metadata["generation"] === undefined ? 0 : integer(metadata["generation"], "metadata.generation"),
    terminating: metadata["deletionTimestamp"] !== undefined,
    root,
    spec: optionalRecord(root["spec"], "spec"),
    status: optionalRecord(root["status"], "status"),
  };
}

function nameOf(object: unknown): string {
  const metadata = (object as { metadata?: { namespace?: unknown; name?: unknown } } | null)?.metadata;
  const name = typeof metadata?.name === "string" ? metadata.name : "without a name";
  return typeof metadata?.namespace === "string" ? `${metadata.namespace}/${name}` : name;
}

function wrong(where: string, must: string, value: unknown): ObjectError {
  return new ObjectError(
    `${where} must be ${must}, not ${value === undefined ? "absent" : (JSON.stringify(value) ?? typeof value).slice(0, 80)}`,
    { where },
  );
}
