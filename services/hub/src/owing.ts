// Tells one session's outbox what the keeper publishes, and when to send it. What a cluster said itself comes back
// to it a moment after everybody else has it: nobody waits for it, and its own work must not delay theirs.

import { echoDelayMs } from "@sealane/core";
import type { ShardId } from "@sealane/core";
import type { Outbox } from "@sealane/wire";
import type { Follower } from "./keeper.ts";

/** A follower with a timer; stop it when the session ends. */
export interface Owing extends Follower {
  readonly stop: () => void;
}

/** Follows the keeper for a session of `cluster`. `send` asks for what the outbox owes to be sent now. */
export function owing(
  outbox: Pick<Outbox, "note" | "noteComplete">,
  cluster: string,
  send: () => void,
): Owing {
  let urgent = false;
  let echo: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(echo);
    echo = undefined;
  };
  return {
    note: (id, key) => {
      outbox.note(id, key);
      urgent ||= !isEcho(id, cluster);
    },
    noteComplete: (id) => {
      outbox.noteComplete(id);
      urgent = true;
    },
    wake: () => {
      if (urgent) {
        urgent = false;
        stop();
        send();
      } else
        echo ??= setTimeout(() => {
          echo = undefined;
          send();
        }, echoDelayMs);
    },
    stop,
  };
}

/** What passes through as the cluster itself said it; what the hub decided about it is news. */
function isEcho({ kind, origin }: ShardId, cluster: string): boolean {
  return origin === cluster && (kind === "reach" || kind === "node");
}
