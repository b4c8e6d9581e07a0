// A cluster that is a directory of manifests, followed. A file that cannot be read or is refused keeps what it said
// before; a directory that cannot be read, or has nothing in it, says nothing. It never writes there.

import { nowUnixUs } from "@sealane/wire";
import { TreeWatch } from "../../directory/watch-tree.ts";
import type { Json } from "../../kube/door.ts";
import { messageOf } from "../../kube/error.ts";
import { resourceName } from "../../kube/resource.ts";
import { createStore, objectKey } from "../../kube/store.ts";
import type { ObjectKey, Store, Stored } from "../../kube/store.ts";
import type { Follow, FollowOptions } from "../follow.ts";
import { matchesSelector, parseLabelSelector } from "../label-selector.ts";
import type { LabelSelector } from "../label-selector.ts";
import { asServed, firstSeen } from "./first-seen.ts";
import type { FirstSeen } from "./first-seen.ts";
import { parseManifests } from "./parse-manifests.ts";
import type { Manifest } from "./parse-manifests.ts";
import { readTree } from "./read-tree.ts";
import type { FoundFile } from "./read-tree.ts";

/** Which directory, and whom to tell. */
export interface ManifestsOptions {
  readonly directory: string;
  /** When exports were first seen, as kept from an earlier run. */
  readonly firstSeen: FirstSeen;
  /** The sightings changed: keep them. */
  readonly onFirstSeen: (seen: FirstSeen) => void;
  /** What is wrong with the directory now, `file:line: reason` each; told when it changes. */
  readonly onFaults: (faults: readonly string[]) => void;
  /** A reading changed something, and every follower has been told. */
  readonly onChange: () => void;
}

/** A change counts within a second, even one that made no file event. */
const bounds = { settleMs: 50, settleMsMax: 500, pollMs: 500 };

/** A file as it was last read, and the last good content of it. */
interface KnownFile {
  readonly stamp: string;
  /** Undefined: it was never good. */
  readonly good: readonly Manifest[] | undefined;
  readonly faults: readonly string[];
}

interface Served {
  readonly json: string;
  readonly object: Json;
  readonly version: string;
}

type Collection = ReadonlyMap<ObjectKey, Served>;

/** Follows one directory until the signal aborts. */
export class Manifests {
  readonly #options: ManifestsOptions;
  readonly #signal: AbortSignal;
  readonly #watch: TreeWatch;
  readonly #feeds = new Set<() => void>();
  #files: ReadonlyMap<string, KnownFile> = new Map();
  #collections: ReadonlyMap<string, Collection> = new Map();
  #seen: FirstSeen;
  #faults: readonly string[] = [];
  /** The directory as a whole could not be read last time. */
  #away = false;
  /** Every file was good once: what is in none of them does not exist. */
  #synced = false;
  #version = 0;
  #readAtUs = 0n;

  constructor(options: ManifestsOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#seen = options.firstSeen;
    const look = (): Promise<void> => this.#read();
    this.#watch = new TreeWatch({ look, ...bounds }, signal);
    void this.#watch.look();
  }

  /** What is wrong with the directory, `file:line: reason` each, sorted. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  /** Reads now; resolves when everybody has been told. */
  async reread(): Promise<void> {
    await this.#watch.look();
  }

  /** The observe port: the objects of one kind, from the reading after this one on. */
  readonly follow: Follow = <T extends Stored>(options: FollowOptions<T>, signal: AbortSignal) => {
    const store = createStore<T>(options.observe);
    let synced = false;
    const feed = (): void => {
      if (signal.aborted) return;
      const changed = this.#feed(options, store);
      const first = !synced;
      synced = true;
      if (changed.length > 0) options.onChange(changed, this.#readAtUs);
      if (first) options.onSynced();
    };
    this.#feeds.add(feed);
    signal.addEventListener("abort", () => this.#feeds.delete(feed), { once: true });
    // Never within this call: its caller has not got the store yet.
    if (this.#synced) queueMicrotask(feed);
    return {
      store,
      get synced() {
        return synced;
      },
    };
  };

  #feed<T extends Stored>(
    { resource, parse, labelSelector }: FollowOptions<T>,
    store: Store<T>,
  ): ObjectKey[] {
    const changed: ObjectKey[] = [];
    const selector = parseLabelSelector(labelSelector ?? "");
    const collection = this.#collections.get(resourceName(resource)) ?? new Map<ObjectKey, Served>();
    for (const [key, { object, version }] of collection) {
      if (store.get(key)?.resourceVersion === version || !isSelected(object, selector)) continue;
      store.put(parse(object));
      changed.push(key);
    }
    for (const { namespace, name, resourceVersion } of [...store.values()]) {
      const key = objectKey(namespace, name);
      const served = collection.get(key);
      if (served !== undefined && isSelected(served.object, selector)) continue;
      store.remove(key, resourceVersion);
      changed.push(key);
    }
    return changed;
  }

  async #read(): Promise<void> {
    const readAtUs = nowUnixUs();
    const { directory } = this.#options;
    const hold = (why: string): void => {
      this.#away = true;
      this.#tellFaults([`${directory}:0: cannot be read, what it said before holds: ${why}`]);
    };
    try {
      const { files, folders } = await readTree(directory, (file) => this.#files.get(file)?.stamp);
      this.#watch.cover(folders);
      if (this.#signal.aborted) return;
      if (files.size === 0) hold("there is no manifest in it, as in one that is not mounted");
      else if (!this.#isAsKnown(files)) this.#take(files, readAtUs);
    } catch (error) {
      this.#watch.cover([]);
      if (!this.#signal.aborted) hold(messageOf(error));
    }
  }

  /** The usual case: nothing was read anew, nothing came or went. */
  #isAsKnown(found: ReadonlyMap<string, FoundFile>): boolean {
    const same = [...found.values()].every(
      ({ text, problem }) => text === undefined && problem === undefined,
    );
    return same && found.size === this.#files.size && !this.#away;
  }

  #take(found: ReadonlyMap<string, FoundFile>, readAtUs: bigint): void {
    this.#away = false;
    const files = new Map<string, KnownFile>();
    for (const [name, file] of found) files.set(name, this.#known(name, file));
    const unknown = [...files.values()].some(({ good }) => good === undefined);
    // Something may have moved into the file that was never readable: until it is, nothing is gone.
    if (unknown)
      for (const [name, file] of this.#files) if (!files.has(name)) files.set(name, { ...file, stamp: "" });
    this.#files = files;
    const { manifests, faults } = distinct(files);
    this.#tellFaults([...[...files.values()].flatMap((file) => file.faults), ...faults].toSorted());
    if (unknown && !this.#synced) return;
    this.#keepFirstSeen(manifests, readAtUs);
    const changed = this.#serve(manifests);
    if (!changed && this.#synced) return;
    this.#synced = true;
    this.#readAtUs = readAtUs;
    for (const feed of this.#feeds) feed();
    this.#options.onChange();
  }

  #known(name: string, { stamp, text, problem }: FoundFile): KnownFile {
    const before = this.#files.get(name);
    if (problem !== undefined) {
      const fault = `${name}:0: cannot be read, what it said before holds: ${problem}`;
      return { stamp: "", good: before?.good, faults: [fault] };
    }
    if (text === undefined) return before ?? { stamp: "", good: undefined, faults: [] };
    const { manifests, faults } = parseManifests(name, text);
    return { stamp, good: manifests ?? before?.good, faults: faults ?? [] };
  }

  /** Gives every object whose content changed a new version; true when any did, came or went. */
  #serve(manifests: readonly Manifest[]): boolean {
    const collections = new Map<string, Map<ObjectKey, Served>>();
    let same = 0;
    for (const manifest of manifests) {
      const kind = resourceName(manifest.resource);
      const key = keyOf(manifest);
      const before = this.#collections.get(kind)?.get(key);
      const json = JSON.stringify(asServed(manifest, "", this.#seen));
      const version = before?.json === json ? before.version : String(++this.#version);
      if (version === before?.version) same++;
      const collection = collections.get(kind) ?? new Map<ObjectKey, Served>();
      collections.set(
        kind,
        collection.set(key, { json, object: asServed(manifest, version, this.#seen), version }),
      );
    }
    const before = [...this.#collections.values()].reduce((sum, { size }) => sum + size, 0);
    this.#collections = collections;
    return same !== before || same !== manifests.length;
  }

  #keepFirstSeen(manifests: readonly Manifest[], readAtUs: bigint): void {
    const seen = firstSeen(this.#seen, manifests, Number(readAtUs / 1_000_000n));
    if (JSON.stringify([...seen]) === JSON.stringify([...this.#seen])) return;
    this.#seen = seen;
    this.#options.onFirstSeen(seen);
  }

  #tellFaults(faults: readonly string[]): void {
    if (faults.join("\n") === this.#faults.join("\n")) return;
    this.#faults = faults;
    this.#options.onFaults(faults);
  }
}

function keyOf({ resource, object }: Manifest): ObjectKey {
  const { namespace, name } = (object["metadata"] ?? {}) as Json;
  return objectKey(resource.namespaced ? String(namespace) : "", String(name));
}

/** Each object once: of two that have one name, the one in the file that comes first. */
function distinct(files: ReadonlyMap<string, KnownFile>): {
  manifests: readonly Manifest[];
  faults: readonly string[];
} {
  const first = new Map<string, Manifest>();
  const faults: string[] = [];
  for (const name of [...files.keys()].toSorted()) {
    for (const manifest of files.get(name)?.good ?? []) {
      const title = `${manifest.resource.kind} ${keyOf(manifest).replace(/^\//, "")}`;
      const other = first.get(title);
      if (other === undefined) first.set(title, manifest);
      else {
        const where = `${other.file}:${other.line}`;
        faults.push(
          `${manifest.file}:${manifest.line}: ${title} is at ${where} already, which counts; keep one of the two`,
        );
      }
    }
  }
  return { manifests: [...first.values()], faults };
}

function isSelected(object: Json, selector: LabelSelector): boolean {
  const { labels } = (object["metadata"] ?? {}) as { labels?: Json };
  return matchesSelector(selector, labels ?? {});
}
