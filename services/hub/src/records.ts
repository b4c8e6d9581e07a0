// The hub's durable records by meaning: the address book, who exports what since when, terms, documents. Owns
// their form in the store; what is in them was decided elsewhere and is stored before it is published.

import type { Claim, ClusterFact, ExportFact } from "@sealane/core";
import type { GoodFiles } from "./documents/directory.ts";
import type { PlacedDocument } from "./documents/parse.ts";
import type { Change, Store } from "./store/store.ts";

/** A cluster as the store knows it. */
export interface DurableCluster {
  readonly name: string;
  /** The newest term of its agent. */
  readonly epoch: bigint;
  /** What it said of itself; absent until it said it. */
  readonly fact: ClusterFact | undefined;
  readonly exports: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly fact: ExportFact;
  }[];
}

/** Everything that was stored. */
export interface Durable {
  readonly book: readonly Claim[];
  readonly clusters: readonly DurableCluster[];
  readonly goodFiles: GoodFiles;
}

interface MemberValue {
  readonly epoch: string;
}

/** Reads every durable record. */
export async function loadDurable(store: Store): Promise<Durable> {
  const [book, members, facts, exports, documents] = await Promise.all([
    store.get("book", "book"),
    store.list("members"),
    store.list("facts"),
    store.list("exports"),
    store.list("documents"),
  ]);
  const epochs = new Map(
    members.map(({ key, value }) => [key, BigInt((JSON.parse(value) as MemberValue).epoch)]),
  );
  const factOf = new Map(facts.map(({ key, value }) => [key, JSON.parse(value) as ClusterFact]));
  const exportsOf = Map.groupBy(
    exports.map(({ key, value }) => {
      const [cluster = "", namespace = "", name = ""] = key.split("/");
      return { cluster, namespace, name, fact: JSON.parse(value) as ExportFact };
    }),
    ({ cluster }) => cluster,
  );
  const names = [...new Set([...epochs.keys(), ...factOf.keys(), ...exportsOf.keys()])].toSorted();
  return {
    book: book === undefined ? [] : (JSON.parse(book.value) as Claim[]),
    clusters: names.map((name) => ({
      name,
      epoch: epochs.get(name) ?? 0n,
      fact: factOf.get(name),
      exports: (exportsOf.get(name) ?? []).map(({ namespace, name: service, fact }) => ({
        namespace,
        name: service,
        fact,
      })),
    })),
    goodFiles: new Map(documents.map(({ key, value }) => [key, JSON.parse(value) as PlacedDocument[]])),
  };
}

/** The book as a whole, so that two claims of one prefix cannot both be stored. */
export function bookChange(book: readonly Claim[]): Change {
  return { collection: "book", key: "book", value: JSON.stringify(book) };
}

/** A term of a cluster's agent. */
export function epochChange(cluster: string, epoch: bigint): Change {
  return {
    collection: "members",
    key: cluster,
    value: JSON.stringify({ epoch: String(epoch) } satisfies MemberValue),
  };
}

/** What a cluster says of itself; undefined removes it. */
export function clusterChange(cluster: string, fact: ClusterFact | undefined): Change {
  return { collection: "facts", key: cluster, value: fact && JSON.stringify(fact) };
}

/** One export; undefined removes it. */
export function exportChange(
  {
    cluster,
    namespace,
    name,
  }: { readonly cluster: string; readonly namespace: string; readonly name: string },
  fact: ExportFact | undefined,
): Change {
  return {
    collection: "exports",
    key: `${cluster}/${namespace}/${name}`,
    value: fact && JSON.stringify(fact),
  };
}

/** What must be written so that the stored last good files are these. */
export function documentChanges(before: GoodFiles, after: GoodFiles): readonly Change[] {
  const gone = [...before.keys()].filter((file) => !after.has(file));
  const changed = [...after].filter(
    ([file, documents]) => JSON.stringify(before.get(file)) !== JSON.stringify(documents),
  );
  return [
    ...gone.map((file): Change => ({ collection: "documents", key: file, value: undefined })),
    ...changed.map(([file, documents]): Change => ({
      collection: "documents",
      key: file,
      value: JSON.stringify(documents),
    })),
  ];
}

/** The next epoch of the hub: later than any before it, whatever the clock says. Stored when this resolves. */
export async function nextHubEpoch(store: Store, nowUnixMs: number): Promise<bigint> {
  const before = await store.get("meta", "epoch");
  const last = before === undefined ? 0n : BigInt(JSON.parse(before.value) as string);
  const epoch = last >= BigInt(nowUnixMs) ? last + 1n : BigInt(nowUnixMs);
  await store.write([
    {
      collection: "meta",
      key: "epoch",
      value: JSON.stringify(String(epoch)),
      expected: before?.revision ?? 0,
    },
  ]);
  return epoch;
}
