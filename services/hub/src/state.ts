// What a hub knows and decides, without any port: store, documents, world, keeper. Opened before anybody may
// connect, closed after everybody is gone.

import { nowUnixUs } from "@sealane/wire";
import type { Logger } from "pino";
import { Clusters } from "./clusters.ts";
import { openData } from "./data.ts";
import type { Data } from "./data.ts";
import { openDeclarations } from "./documents/declarations.ts";
import type { Declarations } from "./documents/declarations.ts";
import type { DepartureRecord } from "./leave/record.ts";
import type { Intake } from "./intake.ts";
import { Keeper } from "./keeper.ts";
import type { HubMetrics } from "./metrics.ts";
import type { HubOptions } from "./options.ts";
import { quarantineLog } from "./quarantine-log.ts";
import type { Recall } from "./recall.ts";
import { loadDurable, nextHubEpoch } from "./records.ts";
import type { Durable } from "./records.ts";
import { followReleases } from "./releases.ts";
import { restore } from "./restore.ts";
import { journalDecisions } from "./journal/decisions.ts";
import { journalDocuments } from "./journal/documents.ts";
import { Journal } from "./journal/journal.ts";

/** Everything that outlives connections. */
export interface HubState {
  readonly data: Data;
  readonly declarations: Declarations;
  readonly clusters: Clusters;
  readonly keeper: Keeper;
  readonly intake: Intake;
  readonly epoch: bigint;
  readonly recall: Recall;
  readonly journal: Journal;
  /** Leavings under way and tombstones, as they were stored. */
  readonly departures: readonly DepartureRecord[];
  /** Why the hub cannot do its work now, or undefined when it can. */
  readonly fault: () => string | undefined;
  close(): Promise<void>;
}

/** Opens the state of a hub. `metrics` is asked for when something is to be counted. */
export async function openState(options: HubOptions, metrics: () => HubMetrics): Promise<HubState> {
  const { log } = options;
  const data = openData(options.data, log);
  try {
    const epoch = await nextHubEpoch(data.store, Date.now());
    const durable = await loadDurable(data.store);
    const good = durable.goodFiles;
    const declarations = await openDeclarations({
      directory: options.documents,
      good,
      store: data.store,
      log,
    });
    const clusters = new Clusters();
    const journal = new Journal(nowUnixUs, (kind) => metrics().noted(kind));
    const health: { fault: string | undefined } = { fault: undefined };
    const recall = { epoch, stored: durable.marks, cached: data.cache.marks() };
    const keeper = openKeeper(
      { data, declarations, durable, clusters, epoch, log, health, journal },
      metrics,
    );
    const noteDocuments = journalDocuments(journal);
    noteDocuments(declarations.current().refused);
    declarations.follow(({ declared, refused }) => {
      noteDocuments(refused);
      keeper.take([{ type: "declared", declared }], nowUnixUs());
    });
    const unfollowReleases = followReleases(keeper, clusters);
    const intake: Intake = {
      cache: data.cache,
      world: () => keeper.world,
      take: (facts, observedUnixUs) => keeper.take(facts, observedUnixUs),
    };
    return {
      data,
      declarations,
      clusters,
      keeper,
      intake,
      epoch,
      recall,
      journal,
      departures: durable.departures,
      fault: () => health.fault,
      close: () => {
        unfollowReleases();
        return closeState(data, declarations, keeper);
      },
    };
  } catch (error) {
    data.cache.close();
    await data.store.close();
    throw error;
  }
}

interface KeeperParts {
  readonly data: Data;
  readonly declarations: Declarations;
  readonly durable: Durable;
  readonly clusters: Clusters;
  readonly epoch: bigint;
  readonly log: Logger;
  readonly journal: Journal;
  /** Where it is kept whether the store takes writes. */
  readonly health: { fault: string | undefined };
}

function openKeeper(
  { data, declarations, durable, clusters, epoch, log, health, journal }: KeeperParts,
  metrics: () => HubMetrics,
): Keeper {
  const { declared } = declarations.current();
  const world = restore({
    declared,
    durable,
    cached: data.cache.load(),
    clusters,
    onSkipped: (shard, why) =>
      log.warn({ shard, why }, "cached facts left out; their agent sends them again"),
  });
  const quarantines = quarantineLog(log);
  for (const [cluster, { verdicts }] of world.admissions) quarantines.note(cluster, verdicts);
  const noteDecision = journalDecisions(journal, world);
  return new Keeper({
    world,
    store: data.store,
    epoch,
    marks: durable.marks,
    observedUnixUs: (id, key) => clusters.get(id.origin)?.received.entry(id, key)?.observedUnixUs,
    onPublished: (id, key, observedUnixUs, published) => {
      if (id.kind === "member") quarantines.note(key, published.admissions.get(key)?.verdicts ?? []);
      noteDecision(id, key, published);
      if (observedUnixUs > 0n) metrics().published(Number(nowUnixUs() - observedUnixUs) / 1e6);
    },
    onRound: (newest) => data.cache.mark(newest),
    onStored: (error) => {
      health.fault = error && `the store refuses writes: ${error.message}`;
      if (error === undefined) return;
      metrics().storeFailed();
      log.error(
        { error: error.message },
        "the store refused a write; nothing more is published until it takes it",
      );
    },
  });
}

async function closeState(data: Data, declarations: Declarations, keeper: Keeper): Promise<void> {
  declarations.close();
  await keeper.close();
  data.cache.close();
  await data.store.close();
}
