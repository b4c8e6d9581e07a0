// What one session is told: everything that its cluster may and needs to know, from what it holds already, and from
// then on what the keeper publishes. What must wait (withholding.ts) is sent whole when it waits no longer.

import { completeness, isSelected } from "@sealane/core";
import type { ShardId } from "@sealane/core";
import { Outbox } from "@sealane/wire";
import type { Hello } from "@sealane/wire";
import type { Keeper } from "./keeper.ts";
import { owing } from "./owing.ts";
import type { Withholding } from "./withholding.ts";

/** What telling needs. */
export interface TellingOptions {
  readonly keeper: Keeper;
  readonly hello: Hello;
  readonly withholding: Withholding;
  /** Asks for what is owed to be sent now. */
  readonly send: () => void;
}

/** One session's side of the keeper; stop it when the session ends. */
export interface Telling {
  readonly outbox: Outbox;
  /** Whether everything that its cluster may know was sent. */
  readonly owesNothing: () => boolean;
  /** A cluster that was waited for may have been heard. */
  readonly look: () => void;
  readonly stop: () => void;
}

/** Begins to tell. */
export function telling({ keeper, hello, withholding, send }: TellingOptions): Telling {
  let wants = (id: ShardId): boolean => isSelected(id, hello.cluster) && !withholding.has(id);
  const outbox = new Outbox(
    keeper.published,
    (id) => wants(id),
    () => withholding.withholdsMerged,
  );
  const resume = (): void => outbox.resume(hello.held, (id) => completeness(keeper.publishedWorld, id));
  resume();
  const look = (): void => {
    const isReleased = withholding.release();
    if (isReleased === undefined) return;
    const usual = wants;
    // Nothing of these was sent since hello, so what it lists of them is still what the peer holds.
    wants = (id) => usual(id) && isReleased(id);
    resume();
    wants = usual;
    send();
  };
  const owed = owing(outbox, hello.cluster, send);
  const unfollow = keeper.follow({
    ...owed,
    wake: () => {
      look();
      owed.wake();
    },
  });
  return {
    outbox,
    owesNothing: () => outbox.idle && withholding.awaited.length === 0,
    look,
    stop: () => {
      unfollow();
      owed.stop();
    },
  };
}
