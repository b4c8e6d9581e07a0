// The session to the hub for one leader's term: facts up from the table, published shards down into the view.

import * as grpc from "@grpc/grpc-js";
import type { ShardId } from "@sealane/core";
import { version } from "@sealane/core";
import type { ShardChange, ShardTable } from "@sealane/wire";
import { Outbox, SessionClient, channel } from "@sealane/wire";
import type { SessionState } from "@sealane/wire";
import type { FactTable } from "./fact-table.ts";
import { hubChannel } from "./join.ts";
import type { Membership } from "./membership.ts";

/** What a hub session needs. */
export interface HubSessionOptions {
  /** Asked at each attempt, so that a renewed certificate is used. */
  readonly membership: () => Membership;
  readonly epoch: bigint;
  readonly facts: FactTable;
  readonly received: ShardTable;
  readonly onChanges: (changes: readonly ShardChange[]) => void;
  /** What is received is what the hub has, and from here on news. */
  /** Whether there is something of the shard that cannot be told: that it is not here does not say that it is gone. */
  readonly isLacking: (id: ShardId) => boolean;
  readonly onCaughtUp?: () => void;
  readonly onState: (state: SessionState) => void;
}

/** Opens the session and keeps it open. Call it once the facts are whole: what they lack then, the hub may drop. */
export function openHubSession(options: HubSessionOptions): SessionClient {
  const { facts, received, epoch } = options;
  return new SessionClient({
    connect: () => {
      const { hub, credentials } = options.membership();
      const to = hubChannel(hub, credentials);
      return Promise.resolve({
        client: channel(hub, to.credentials, to.options),
        metadata: new grpc.Metadata(),
      });
    },
    hello: () => ({
      cluster: options.membership().cluster,
      node: "",
      incarnation: facts.incarnation,
      epoch,
      seen: newestPositions(received),
      version,
    }),
    received,
    outbox: ({ held }) => {
      const outbox = new Outbox(facts.shards, () => true);
      outbox.resume(held, (id) => !options.isLacking(id));
      facts.follow(outbox);
      return outbox;
    },
    onChanges: options.onChanges,
    onCaughtUp: () => options.onCaughtUp?.(),
    onState: (state) => {
      if (state.state === "disconnected") facts.follow(undefined);
      options.onState(state);
    },
  });
}

/** The newest position held of each origin, sorted by origin. */
function newestPositions(received: ShardTable) {
  const newest = new Map<string, { epoch: bigint; sequence: bigint }>();
  for (const { id, position } of received.states()) {
    const known = newest.get(id.origin);
    const newer =
      known === undefined ||
      position.epoch > known.epoch ||
      (position.epoch === known.epoch && position.sequence > known.sequence);
    if (id.origin !== "" && newer) newest.set(id.origin, position);
  }
  return [...newest]
    .map(([origin, position]) => ({ origin, position }))
    .toSorted((a, b) => (a.origin < b.origin ? -1 : 1));
}
