// What the hub published to this cluster, for one term: at first what an earlier leader kept, which nobody uses until
// the hub has said all that differs, or until it is known to be all that was seen and the hub is away; then as it changes.

import type { Finding, View } from "@sealane/core";
import { lastGoodAloneMs } from "@sealane/core";
import type { ReceivedView, ShardChange, ShardTable } from "@sealane/wire";
import type { Term } from "./kube/lease.ts";
import type { Agent } from "./leader.ts";
import { confirmedView } from "./link/confirmed-view.ts";
import { ownerOf, readLastGood } from "./link/last-good-read.ts";
import { LastGoodWriter } from "./link/last-good-write.ts";
import type { Membership } from "./link/membership.ts";
import { untilDone } from "./retry.ts";

/** The published shards as this term has them. */
export interface ReceivedPart {
  readonly table: ShardTable;
  /** All that is held, confirmed or not. */
  readonly held: View;
  /** What may be acted on: nothing before it is confirmed. */
  readonly view: View;
  readonly confirmed: () => boolean;
  /** The session is dialled from here on: a hub that does not answer for a while is away. */
  readonly awaitHub: () => void;
  /** Takes over what changed in the table. */
  readonly follow: (changes: readonly ShardChange[]) => void;
  /** The hub has sent all that differed. */
  readonly caughtUp: () => void;
  /** The session is over. */
  readonly interrupted: () => void;
  /** Calls once, when `view` has begun to show; at once when it does already. */
  readonly onConfirmed: (listener: () => void) => void;
  /** Why the state is not kept. */
  readonly findings: () => readonly Finding[];
}

/** Reads back what was kept, and keeps what comes. Undefined when the term ended before. */
export async function openReceived(
  { client, options, log }: Agent,
  term: Term,
  membership: Membership,
): Promise<ReceivedPart | undefined> {
  const { namespace } = options;
  const owner = ownerOf(membership);
  const warn = (error: unknown) => log.warn({ err: error }, "last good state");
  const readBack = await untilDone(() => readLastGood(client, namespace, owner, warn), term.signal, warn);
  if (readBack === undefined) return undefined;
  const { received, view: held, standing } = readBack;
  log.info({ standing, shards: received.states().length }, "last good state");
  const writer = new LastGoodWriter({ client, namespace, term, owner, received, standing, onProblem: warn });
  const view = confirmedView(held);
  const confirmed = Promise.withResolvers<void>();
  const confirm = () => {
    if (view.confirmed()) return;
    view.confirm();
    confirmed.resolve();
  };
  const awaitHub = () => {
    if (standing !== "current") return;
    const alone = setTimeout(() => {
      log.warn("the hub is away: working from the last good state");
      confirm();
    }, lastGoodAloneMs);
    void confirmed.promise.then(() => clearTimeout(alone));
    term.signal.addEventListener("abort", () => clearTimeout(alone), { once: true });
  };
  return {
    table: received,
    held,
    view,
    confirmed: view.confirmed,
    awaitHub,
    follow: (changes) => follow(held, writer, changes),
    caughtUp: () => {
      held.caughtUp();
      confirm();
      writer.confirm();
    },
    interrupted: () => writer.interrupt(),
    onConfirmed: (listener) => void confirmed.promise.then(listener),
    findings: () => writer.findings(),
  };
}

function follow(view: ReceivedView, writer: LastGoodWriter, changes: readonly ShardChange[]): void {
  for (const change of changes) view.follow(change);
  writer.note();
}
