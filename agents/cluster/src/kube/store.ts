// What an API server was last seen to hold of one kind, as slim values by namespace/name. Newer versions
// replace older ones, wherever they come from: the watch, a list, or the answer to an own write.

/** What every stored value carries of its object's metadata. */
export interface Stored {
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Comparable as a number within one kind (Kubernetes 1.35: comparable resource versions). */
  readonly resourceVersion: string;
}

/** Key of an object within its kind: `namespace/name`. */
export type ObjectKey = string & { readonly brand: "ObjectKey" };

/** The key of namespace and name; cluster-scoped objects have an empty namespace. */
export function objectKey(namespace: string, name: string): ObjectKey {
  return `${namespace}/${name}` as ObjectKey;
}

/** Takes a key apart. */
export function splitKey(key: ObjectKey): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Negative when `a` is older than `b`. Versions that are no numbers count as newer than anything. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  if (!isNumber(a) || !isNumber(b)) return 1;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

function isNumber(version: string): boolean {
  return /^[1-9][0-9]*$/.test(version);
}

/** Read access. */
export interface ReadableStore<T extends Stored> {
  readonly size: number;
  get(key: ObjectKey): T | undefined;
  values(): Iterable<T>;
}

/** The store of one kind. */
export interface Store<T extends Stored> extends ReadableStore<T> {
  /** Takes a value unless a newer one is held. Returns the key when something changed. */
  put(value: T): ObjectKey | undefined;
  /** Removes unless a newer version than `version` is held. Returns the key when something changed. */
  remove(key: ObjectKey, version: string): ObjectKey | undefined;
  /**
   * Makes the store what a complete list at `version` says; what was written after that version stays. Returns what changed.
   * A history that restarted (a datastore restored from a backup counts its versions from an older one) makes every held version meaningless.
   */
  replace(values: Iterable<T>, version: string, history: "continues" | "restarted"): ObjectKey[];
}

/** Sees every change of a store before anybody else: for indexes. */
export type StoreObserver<T> = (key: ObjectKey, before: T | undefined, after: T | undefined) => void;

/** An empty store. */
export function createStore<T extends Stored>(observe: StoreObserver<T> = () => {}): Store<T> {
  const values = new Map<ObjectKey, T>();
  const drop = (key: ObjectKey, held: T): ObjectKey => {
    values.delete(key);
    observe(key, held, undefined);
    return key;
  };
  const set = (key: ObjectKey, value: T): boolean => {
    const held = values.get(key);
    if (held?.resourceVersion === value.resourceVersion) return false;
    values.set(key, value);
    observe(key, held, value);
    return true;
  };
  const put = (value: T): ObjectKey | undefined => {
    const key = objectKey(value.namespace, value.name);
    const held = values.get(key);
    if (held !== undefined && compareVersions(value.resourceVersion, held.resourceVersion) <= 0)
      return undefined;
    set(key, value);
    return key;
  };
  return {
    get size() {
      return values.size;
    },
    get: (key) => values.get(key),
    values: () => values.values(),
    put,
    remove: (key, version) => {
      const held = values.get(key);
      if (held === undefined || compareVersions(version, held.resourceVersion) < 0) return undefined;
      return drop(key, held);
    },
    replace: (listed, version, history) => {
      const changed: ObjectKey[] = [];
      const seen = new Set<ObjectKey>();
      for (const value of listed) {
        const key = objectKey(value.namespace, value.name);
        seen.add(key);
        if (history === "restarted" ? set(key, value) : put(value) !== undefined) changed.push(key);
      }
      for (const [key, held] of values) {
        if (seen.has(key)) continue;
        if (history === "restarted" || compareVersions(held.resourceVersion, version) <= 0)
          changed.push(drop(key, held));
      }
      return changed;
    },
  };
}
