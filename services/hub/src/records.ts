// The hub's durable records by meaning: the address book, who exports what since when, terms, documents. Owns
// their form in the store; what is in them was decided elsewhere and is stored before it is published.

import type { Claim, ClusterFact, ExportFact } from "@sealane/core";
import type { GoodFiles } from "./documents/directory.ts";
import type { PlacedDocument } from "./documents/parse.ts";
import { marksFromJson, marksToJson, withMark } from "./recall.ts";
import type { Marks } from "./recall.ts";
import { loadDepartures } from "./leave/record.ts";
import type { DepartureRecord } from "./leave/record.ts";
import type { Change, Store } from "./store/store.ts";
import type { Incarnation } from "./terms.ts";

/** A cluster as the store knows it. */
export interface DurableCluster {
  readonly name: string;
  /** The newest term of its agent. */
  readonly epoch: bigint;
  /** Who speaks under the name; absent until somebody did. */
  readonly incarnation?: Incarnation | undefined;
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
  readonly departures: readonly DepartureRecord[];
  /** How far this and earlier runs of the hub got with what is merged of all clusters. */
  readonly marks: Marks;
}

interface MemberValue {
  readonly epoch: string;
  readonly incarnation?: Incarnation;
}

/** Reads every durable record. */
export async function loadDurable(store: Store): Promise<Durable> {
  const [book, members, facts, exports, documents, departures, marks] = await Promise.all([
    store.get("book", "book"),
    store.list("members"),
    store.list("facts"),
    store.list("exports"),
    store.list("documents"),
    loadDepartures(store),
    loadMarks(store),
  ]);
  const memberOf = new Map(members.map(({ key, value }) => [key, JSON.parse(value) as MemberValue]));
  const factOf = new Map(facts.map(({ key, value }) => [key, JSON.parse(value) as ClusterFact]));
  const exportsOf = Map.groupBy(
    exports.map(({ key, value }) => {
      const [cluster = "", namespace = "", name = ""] = key.split("/");
      return { cluster, namespace, name, fact: JSON.parse(value) as ExportFact };
    }),
    ({ cluster }) => cluster,
  );
  const names = [...new Set([...memberOf.keys(), ...factOf.keys(), ...exportsOf.keys()])].toSorted();
  return {
    book: book === undefined ? [] : (JSON.parse(book.value) as Claim[]),
    clusters: names.map((name) => ({
      name,
      epoch: BigInt(memberOf.get(name)?.epoch ?? 0),
      incarnation: memberOf.get(name)?.incarnation,
      fact: factOf.get(name),
      exports: (exportsOf.get(name) ?? []).map(({ namespace, name: service, fact }) => ({
        namespace,
        name: service,
        fact,
      })),
    })),
    goodFiles: new Map(documents.map(({ key, value }) => [key, JSON.parse(value) as PlacedDocument[]])),
    departures,
    marks,
  };
}

async function loadMarks(store: Store): Promise<Marks> {
  const found = await store.get("meta", "published");
  return found === undefined ? [] : marksFromJson(JSON.parse(found.value) as [string, string][]);
}

/** How far the runs of the hub got; written with what was published. */
export function publishedChange(marks: Marks): Change {
  return { collection: "meta", key: "published", value: JSON.stringify(marksToJson(marks)) };
}

/** The book as a whole, so that two claims of one prefix cannot both be stored. */
export function bookChange(book: readonly Claim[]): Change {
  return { collection: "book", key: "book", value: JSON.stringify(book) };
}

/** Who speaks for a cluster, in which term. */
export function memberChange(
  cluster: string,
  { epoch, incarnation }: { readonly epoch: bigint; readonly incarnation: Incarnation | undefined },
): Change {
  const value: MemberValue = {
    epoch: String(epoch),
    ...(incarnation === undefined ? {} : { incarnation }),
  };
  return { collection: "members", key: cluster, value: JSON.stringify(value) };
}

/** Forgets the terms of a cluster that left: its certificates are refused, so no older agent can speak. */
export function epochRemoval(cluster: string): Change {
  return { collection: "members", key: cluster, value: undefined };
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

/**
 * The next epoch of the hub: later than any before it, whatever the clock says. Stored when this resolves, with the mark
 * of the full pass that the run begins with.
 */
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
    publishedChange(withMark(await loadMarks(store), { epoch, sequence: 1n })),
  ]);
  return epoch;
}
