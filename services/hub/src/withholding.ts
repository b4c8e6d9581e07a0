// What one session is not told yet (laws 2 and 4): a hub that started from less than its peer has seen must neither
// bring back what is over nor call complete what it has lost. It waits until the clusters concerned have spoken again.

import type { ShardId } from "@sealane/core";
import type { Hello } from "@sealane/wire";
import { isLost } from "./recall.ts";
import type { Recall } from "./recall.ts";

/** What a peer has seen and the hub has lost. */
export interface Lost {
  /** Clusters whose own shards are older here than what the peer has seen of them. */
  readonly origins: ReadonlySet<string>;
  /** Clusters that what is merged may lack something of; empty when nothing merged is older here. */
  readonly merged: ReadonlySet<string>;
}

/** Compares what a peer has seen with what this hub started from. `members` are all clusters that the hub knows. */
export function lostOf(
  recall: Recall,
  { seen, held }: Pick<Hello, "seen" | "held">,
  members: Iterable<string>,
): Lost {
  const { epoch, stored, cached } = recall;
  const isMergedOlder = held.some(({ id, position }) => id.origin === "" && isLost(stored, epoch, position));
  // What is published of a cluster hangs on what the store knows of it, too.
  const older = seen.filter(({ position }) => isMergedOlder || isLost(cached, epoch, position));
  const origins = new Set(older.map(({ origin }) => origin));
  // Which clusters said something in the lost time nobody knows, so it is all of them.
  return { origins, merged: new Set(isMergedOlder ? [...members, ...origins] : []) };
}

/** The shards of one session that wait. */
export class Withholding {
  readonly #isHeard: (cluster: string) => boolean;
  #lost: Lost;

  /** `isHeard` says whether a cluster has said everything to this run of the hub, or belongs to it no more. */
  constructor(lost: Lost, isHeard: (cluster: string) => boolean) {
    this.#isHeard = isHeard;
    this.#lost = unheardOf(lost, isHeard);
  }

  /** Whether the shard must not be sent yet. */
  has({ origin }: ShardId): boolean {
    return withholds(this.#lost, origin);
  }

  /** The clusters that are waited for, sorted; none when everything is told. */
  get awaited(): readonly string[] {
    return [...new Set([...this.#lost.origins, ...this.#lost.merged])].toSorted();
  }

  /** Whether anything that is merged waits: then what was sent is not all that the peer may conclude from. */
  get withholdsMerged(): boolean {
    return this.#lost.merged.size > 0;
  }

  /** Looks again: which shards wait no longer, or undefined when that is none. */
  release(): ((id: ShardId) => boolean) | undefined {
    const before = this.#lost;
    if (before.origins.size + before.merged.size === 0) return undefined;
    const after = unheardOf(before, this.#isHeard);
    this.#lost = after;
    const isMergedFree = before.merged.size > 0 && after.merged.size === 0;
    if (after.origins.size === before.origins.size && !isMergedFree) return undefined;
    return ({ origin }) => withholds(before, origin) && !withholds(after, origin);
  }
}

function withholds({ origins, merged }: Lost, origin: string): boolean {
  return origin === "" ? merged.size > 0 : origins.has(origin);
}

function unheardOf(lost: Lost, isHeard: (cluster: string) => boolean): Lost {
  const unheard = (names: ReadonlySet<string>) => new Set([...names].filter((name) => !isHeard(name)));
  return { origins: unheard(lost.origins), merged: unheard(lost.merged) };
}
