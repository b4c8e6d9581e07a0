// The one way in which the world changes: a fact in, the next world out, with every published entry that may
// differ. Pure and total: a fact that says what is already known gives the same world object.

import type { Fact, SectionFact } from "./fact.ts";
import { declare, depart, forget, letGo, sync } from "./membership.ts";
import { applyToOrigin } from "./origin.ts";
import { Touches } from "./touch.ts";
import type { Touched, World } from "./world.ts";

/** What a fact made of the world. */
export interface Reduced {
  /** The same object when the fact changed nothing. */
  readonly world: World;
  /** Every published entry whose value may have changed; `lookup` says what it is now. */
  readonly touched: readonly Touched[];
  /** Whether `completeness` of any shard may have changed. */
  readonly completenessChanged: boolean;
}

/** The world after a fact. */
export function reduce(world: World, fact: Fact): Reduced {
  const touches = new Touches();
  const next = step(world, fact, touches);
  if (next === world) return { world, touched: [], completenessChanged: false };
  return { world: next, touched: touches.all(), completenessChanged: completenessDiffers(world, next, fact) };
}

function step(world: World, fact: Fact, touches: Touches): World {
  switch (fact.type) {
    case "section":
      return applyToOrigin(world, fact, touches);
    case "synced":
      return sync(world, fact.cluster, touches);
    case "declared":
      return declare(world, fact.declared, touches);
    case "letGo":
      return letGo(world, new Map(fact.members), touches);
    case "depart":
      return depart(world, fact.cluster, fact.departure, touches);
    case "forget":
      return forget(world, fact.cluster, touches);
  }
}

function completenessDiffers(before: World, after: World, fact: Fact): boolean {
  if (before.pending !== after.pending || before.left !== after.left) return true;
  if (before.leaving !== after.leaving) return true;
  if (fact.type === "section") return isShardWhole(before, fact) !== isShardWhole(after, fact);
  return fact.type === "synced";
}

/** Whether the section's own shard is whole, as far as the cluster's words go. */
function isShardWhole(world: World, { shard: { kind, origin: cluster, namespace } }: SectionFact): boolean {
  const origin = world.origins.get(cluster);
  if (kind === "cluster") return origin?.cluster.entries.has("") ?? false;
  if (kind === "node") return origin?.nodes.complete ?? false;
  if (kind === "export") return origin?.exports.get(namespace)?.complete ?? false;
  return kind === "reach" && (origin?.reach.get(namespace)?.complete ?? false);
}
