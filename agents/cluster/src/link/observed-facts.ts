// What the observer says, kept as this term's facts: the seam between the API server and the session.

import type { Agent } from "../leader.ts";
import type { Term } from "../kube/lease.ts";
import { KubernetesObserver } from "../observe/observer.ts";
import type { ObserverOptions } from "../observe/observer.ts";
import { FactTable } from "./fact-table.ts";

/** The cluster's facts as they are observed. */
export interface ObservedFacts {
  readonly table: FactTable;
  readonly observer: KubernetesObserver;
  /** Resolves when everything was said once, or the term is over. */
  readonly synced: Promise<void>;
  /** Called when something is owed to the hub. */
  readonly onWake: (wake: () => void) => void;
}

/** Starts to observe; ends with the term. */
export function observe(
  { client, options }: Agent,
  term: Term,
  about: Pick<ObserverOptions, "cluster" | "onExport" | "onNamespace" | "onProblem">,
): ObservedFacts {
  const table = new FactTable(term.epoch, about.onProblem);
  const synced = Promise.withResolvers<void>();
  let wake: () => void = () => undefined;
  term.signal.addEventListener("abort", () => synced.resolve(), { once: true });
  const observer = new KubernetesObserver(
    {
      ...about,
      client,
      declared: {
        ...(options.podRanges === undefined ? {} : { pod: options.podRanges }),
        ...(options.serviceRanges === undefined ? {} : { service: options.serviceRanges }),
      },
      onFacts: (changes) => {
        if (table.apply(changes)) wake();
      },
      onComplete: (shards) => {
        if (table.complete(shards)) wake();
      },
      onSynced: () => synced.resolve(),
    },
    term.signal,
  );
  return {
    table,
    observer,
    synced: synced.promise,
    onWake: (given) => {
      wake = given;
      wake();
    },
  };
}
