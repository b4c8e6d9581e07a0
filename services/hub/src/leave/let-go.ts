// Whether the other clusters have let go of one that leaves: each was sent it, says that it holds it, and each of its
// nodes has reported since. Time is passed in; a cluster that is silent is named, never taken for done.

import type { World } from "@sealane/core";
import type { ClusterState } from "../clusters.ts";

/** How far one cluster has got. */
interface Told {
  readonly session: ClusterState["session"];
  /** The frame after which the session owed nothing; undefined while it owes something. */
  frame: bigint | undefined;
}

/** Follows all others while one cluster leaves. */
export class LetGo {
  readonly #sinceUnixUs: bigint;
  readonly #told = new Map<string, Told>();

  /** `sinceUnixUs`: when the others were told, Unix microseconds by the hub's clock. */
  constructor(sinceUnixUs: bigint) {
    this.#sinceUnixUs = sinceUnixUs;
  }

  /** What the cluster is waited for; undefined when it has let go. Ask again and again. */
  missing(cluster: ClusterState, world: World): string | undefined {
    const { name, session } = cluster;
    if (session === undefined) return `${name} (its agent is silent)`;
    const told = this.#of(name, session);
    if (told.frame === undefined && cluster.owesNothing()) told.frame = session.counts().framesSent;
    if (told.frame === undefined || session.counts().framesAcked < told.frame)
      return `${name} (its agent has not acknowledged)`;
    const late = nodesNotSeenSince(cluster, world, this.#sinceUnixUs);
    return late.length === 0 ? undefined : `${name} (no report since from ${nodeList(late)})`;
  }

  /** What was acknowledged in another session is asked for again: nobody knows what became of it. */
  #of(name: string, session: ClusterState["session"]): Told {
    const known = this.#told.get(name);
    if (known !== undefined && known.session === session) return known;
    const told: Told = { session, frame: undefined };
    this.#told.set(name, told);
    return told;
  }
}

/** Nodes that reported before and not since, sorted; those that are gone or never reported are nobody to wait for. */
function nodesNotSeenSince(cluster: ClusterState, world: World, sinceUnixUs: bigint): readonly string[] {
  const nodes = world.origins.get(cluster.name)?.nodes.entries;
  return [...cluster.reports]
    .filter(([node, { observedUnixUs }]) => {
      const known = node !== "" && nodes?.get(node) !== undefined;
      return known && observedUnixUs - cluster.clockOffsetUs < sinceUnixUs;
    })
    .map(([node]) => node)
    .toSorted();
}

function nodeList(nodes: readonly string[]): string {
  const shown = nodes.slice(0, 3).join(", ");
  return nodes.length > 3 ? `${shown} and ${nodes.length - 3} more nodes` : shown;
}
