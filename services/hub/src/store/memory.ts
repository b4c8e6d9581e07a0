// The store in memory, for tests of what stands on the port. Keeps the same contract as the embedded one;
// survives nothing but `reopen`.

import { RevisionConflict } from "./store.ts";
import type { Collection, Store, StoredRecord } from "./store.ts";

/** What outlives one opened memory store, so that a test can close and open again. */
export interface MemoryDisk {
  revision: number;
  readonly records: Map<Collection, Map<string, StoredRecord>>;
}

/** An empty disk. */
export function memoryDisk(): MemoryDisk {
  return { revision: 0, records: new Map() };
}

/** Opens a store over a disk. */
export function openMemoryStore(disk: MemoryDisk): Store {
  let open = true;
  const records = (collection: Collection): Map<string, StoredRecord> => {
    const found = disk.records.get(collection) ?? new Map<string, StoredRecord>();
    disk.records.set(collection, found);
    return found;
  };
  const assertOpen = (): void => {
    if (!open) throw new Error("Cannot use the store: it was closed.");
  };
  return {
    get: async (collection, key) => {
      assertOpen();
      return records(collection).get(key);
    },
    list: async (collection) => {
      assertOpen();
      return [...records(collection).values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    },
    write: async (changes) => {
      assertOpen();
      for (const change of changes) {
        const actual = records(change.collection).get(change.key)?.revision ?? 0;
        if (change.expected !== undefined && change.expected !== actual)
          throw new RevisionConflict(change, actual);
      }
      disk.revision += 1;
      for (const { collection, key, value } of changes) {
        if (value === undefined) records(collection).delete(key);
        else records(collection).set(key, { key, value, revision: disk.revision });
      }
      return disk.revision;
    },
    close: async () => {
      open = false;
    },
  };
}
