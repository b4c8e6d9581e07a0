// Keeps the leader findable for its speakers, by the Service's slices and by the ConfigMap that their pods mount: as its
// node's addresses change, and when somebody edits these by hand. Addresses that are not known are no reason to take
// known ones away.

import { writeListenerEndpoints } from "../execute/listener-endpoints.ts";
import { createBackoff, sleep } from "../kube/backoff.ts";
import type { KubeClient } from "../kube/client.ts";
import { messageOf } from "../kube/error.ts";
import type { Term } from "../kube/lease.ts";
import { parseAddress } from "../link/join.ts";
import type { ListenerContent } from "./listener-config-map.ts";
import { writeListenerConfigMap } from "./listener-config-map.ts";

/** What to keep true. */
export interface ListenerPlace {
  readonly client: KubeClient;
  readonly term: Term;
  /** What the ConfigMap says beside the addresses; the Service is in the same namespace. */
  readonly content: Omit<ListenerContent, "addresses">;
  /** `host:port` that the listener is bound to. */
  readonly listen: string;
  /** Underlay addresses of the leader's node; empty while unknown. */
  readonly addresses: () => readonly string[];
  readonly onProblem: (error: unknown) => void;
  /** Between two looks, milliseconds. */
  readonly lookMs?: number;
}

const lookMsDefault = 3_000;

/** Looks and repairs until the term ends. */
export async function followListener(place: ListenerPlace): Promise<void> {
  const { term, listen, addresses, onProblem, lookMs = lookMsDefault } = place;
  const { port } = parseAddress(listen);
  const backoff = createBackoff({ minMs: 500, maxMs: 15_000 });
  let told = "";
  while (!term.signal.aborted) {
    let waitMs = lookMs;
    try {
      const known = addresses();
      if (known.length > 0) await publish(place, known, port);
      backoff.reset();
      told = "";
    } catch (error) {
      if (!term.signal.aborted && messageOf(error) !== told) onProblem(error);
      told = messageOf(error);
      waitMs = Math.max(waitMs, backoff.next());
    }
    await sleep(waitMs, term.signal);
  }
}

async function publish(
  { client, term, content }: ListenerPlace,
  addresses: readonly string[],
  port: number,
): Promise<void> {
  const listeners = addresses.map((each) => (each.includes(":") ? `[${each}]:${port}` : `${each}:${port}`));
  await Promise.all([
    writeListenerEndpoints(client, term, { namespace: content.namespace, addresses, port }),
    writeListenerConfigMap(client, term, { ...content, addresses: listeners }),
  ]);
}
