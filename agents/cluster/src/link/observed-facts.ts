// What the observer says, kept as this term's facts: the seam between the cluster's objects and the session.

import type { ShardId } from "@sealane/core";
import type { Report } from "@sealane/wire";
import type { Term } from "../kube/lease.ts";
import { Observer } from "../observe/observer.ts";
import type { ObserverOptions } from "../observe/observer-options.ts";
import { ReturningNodes } from "../observe/returning-nodes.ts";
import type { AgentOptions } from "../options.ts";
import { FactTable } from "./fact-table.ts";
import type { FactChange } from "./fact-table.ts";

/** The cluster's facts as they are observed. */
export interface ObservedFacts {
  readonly table: FactTable;
  readonly observer: Observer;
  /** Resolves when everything was said once, or the term is over. */
  readonly synced: Promise<void>;
  /** Called when something is owed to the hub. */
  readonly onWake: (wake: () => void) => void;
  /** Whether there is something of the shard that is not told, because it cannot be read or sent. */
  readonly isLacking: (id: ShardId) => boolean;
  /** A speaker reported: its node, if it was away, may be ready now. */
  readonly heard: (report: Report) => void;
}

/** How long a node that Kubernetes calls ready waits for its speaker to come back. */
const returningHoldMs = 60_000;

/** Starts to observe; ends with the term. */
export function observe(
  options: Pick<AgentOptions, "podRanges" | "serviceRanges">,
  term: Pick<Term, "epoch" | "signal">,
  about: Pick<
    ObserverOptions,
    | "follow"
    | "cluster"
    | "incarnation"
    | "onExport"
    | "onSelection"
    | "onNamespace"
    | "onServiceFamilies"
    | "onProblem"
  >,
): ObservedFacts {
  const table = new FactTable(term.epoch, {
    ...(about.onProblem === undefined ? {} : { onProblem: about.onProblem }),
    ...(about.onExport === undefined ? {} : { onService: about.onExport }),
  });
  const synced = Promise.withResolvers<void>();
  let wake: () => void = () => undefined;
  term.signal.addEventListener("abort", () => synced.resolve(), { once: true });
  const take = (changes: readonly FactChange[]) => {
    if (table.apply(changes)) wake();
  };
  const returning = new ReturningNodes({ holdMs: returningHoldMs, onFacts: take }, term.signal);
  const observer = new Observer(
    {
      ...about,
      declared: {
        ...(options.podRanges === undefined ? {} : { pod: options.podRanges }),
        ...(options.serviceRanges === undefined ? {} : { service: options.serviceRanges }),
      },
      untoldRemark: (namespace, name) => table.untold.remark(namespace, name),
      onFacts: (changes) => returning.observe(changes),
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
    isLacking: (id) => table.untold.isLacking(id) || observer.isLacking(id),
    heard: (report) => returning.heard(report),
  };
}
