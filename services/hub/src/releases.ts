// Looks now and again who has let go of freed ranges, for as long as anybody is waited for, and tells the world. When
// a cluster has let go is said in one place for all: leave/let-go.ts.

import { releasingClaims } from "@sealane/core";
import type { World } from "@sealane/core";
import { nowUnixUs } from "@sealane/wire";
import type { Clusters } from "./clusters.ts";
import type { Keeper } from "./keeper.ts";
import { LetGo } from "./leave/let-go.ts";

const lookMs = 100;

/** What one cluster is waited for. */
interface Goal {
  /** The newest release when the wait began. */
  readonly upTo: number;
  readonly letGo: LetGo;
}

/** Follows the keeper until the result is called. */
export function followReleases(
  keeper: Pick<Keeper, "publishedWorld" | "follow" | "take">,
  clusters: Clusters,
): () => void {
  const goals = new Map<string, Goal>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    timer = undefined;
    const world = keeper.publishedWorld;
    const awaited = awaitedOf(world);
    for (const name of goals.keys()) if (!awaited.has(name)) goals.delete(name);
    const members = [...awaited].flatMap(([name, upTo]): (readonly [string, number])[] => {
      const cluster = clusters.get(name);
      const goal = goals.get(name) ?? { upTo, letGo: new LetGo(nowUnixUs()) };
      goals.set(name, goal);
      if (cluster === undefined || goal.letGo.missing(cluster, world) !== undefined) return [];
      goals.delete(name);
      return [[name, goal.upTo]];
    });
    if (members.length > 0) keeper.take([{ type: "letGo", members }], 0n);
    lookLater();
  };
  const lookLater = (): void => {
    if (releasingClaims(keeper.publishedWorld.book).length > 0) timer ??= setTimeout(look, lookMs);
  };
  const unfollow = keeper.follow({ note: () => {}, noteComplete: () => {}, wake: lookLater });
  lookLater();
  return () => {
    unfollow();
    clearTimeout(timer);
  };
}

/** The newest release that each cluster is waited for. */
function awaitedOf(world: World): ReadonlyMap<string, number> {
  const newest = new Map<string, number>();
  for (const { release } of releasingClaims(world.book)) {
    for (const name of release.awaited) newest.set(name, Math.max(release.number, newest.get(name) ?? 0));
  }
  return newest;
}
