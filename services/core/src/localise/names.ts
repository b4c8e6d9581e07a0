// Whose zones mesh-dns of a cluster answers itself and whose it forwards. A zone that is known without an
// address stays a zone: whoever configures DNS lets its names die there instead of leaking out.

import { compareText } from "../compare.ts";
import type { DesiredNames } from "../desired.ts";
import type { Stub } from "../published.ts";
import { stubShard } from "../published-shards.ts";
import type { View } from "../view.ts";

/**
 * The names of one cluster. `previous` is the last wish: while the stubs are not known to their end, a zone
 * that was in it stays, and without one nothing is known yet: an earlier process may have written more zones.
 */
export function localiseNames(view: View, cluster: string, previous?: DesiredNames): DesiredNames {
  if (previous?.own === undefined && !view.complete(stubShard)) return { own: undefined, peers: [] };
  const stubs = [...view.stubs()];
  const held = view.complete(stubShard) ? undefined : previous;
  const own = stubs.find(([name]) => name === cluster)?.[1] ?? held?.own;
  const peers = new Map<string, Stub>(held?.peers.map((stub) => [stub.zone, stub]));
  for (const [name, stub] of stubs) if (name !== cluster) peers.set(stub.zone, stub);
  return { own, peers: [...peers.values()].toSorted((a, b) => compareText(a.zone, b.zone)) };
}
