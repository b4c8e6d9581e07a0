// What a cluster with given ranges would meet: the address book's own decision over the book as it is, thrown away.

import * as grpc from "@grpc/grpc-js";
import { admit, clusterNameFault, rangesPerClusterMax } from "@sealane/core";
import type { Range, World } from "@sealane/core";
import type { AdminHandlers } from "@sealane/wire";
import { rangeKindWords, toWireVerdict } from "@sealane/wire";
import { CallError } from "../server/peers.ts";

/** PlanJoin. */
export function planVerbs(world: () => World): Pick<AdminHandlers, "planJoin"> {
  return {
    planJoin: async ({ cluster, ranges }) => {
      const fault = cluster === "" ? undefined : clusterNameFault(cluster);
      if (fault !== undefined) throw refused(fault);
      if (ranges.length === 0) throw refused("name at least one range");
      if (ranges.length > rangesPerClusterMax) {
        throw refused(`${ranges.length} ranges are given, and a cluster may report ${rangesPerClusterMax}`);
      }
      const { book, declared, origins } = world();
      const asked = ranges.map(({ prefix, kind }): Range => ({
        prefix,
        kind: rangeKindWords.decode(kind),
        source: "plan",
      }));
      const { verdicts } = admit(book, cluster, asked, declared);
      return { ranges: verdicts.map(toWireVerdict), member: origins.has(cluster) };
    },
  };
}

function refused(why: string): CallError {
  return new CallError(grpc.status.INVALID_ARGUMENT, `Cannot plan: ${why}`);
}
