// LeaveCluster and GetDeparture for people.

import { AdminDepartureState } from "@sealane/wire";
import type { AdminHandlers, admin } from "@sealane/wire";
import * as grpc from "@grpc/grpc-js";
import { CallError } from "../server/peers.ts";
import type { DepartureStanding, Departures } from "./departures.ts";

type DepartureInit = Omit<admin.DepartureInfo, "$typeName" | "leftBehind"> & {
  readonly leftBehind: DepartureStanding["leftBehind"][number][];
};

const states: Readonly<Record<DepartureStanding["state"], AdminDepartureState>> = {
  withdrawing: AdminDepartureState.WITHDRAWING,
  dismissed: AdminDepartureState.DISMISSED,
  left: AdminDepartureState.LEFT,
};

/** LeaveCluster, GetDeparture. */
export function leaveVerbs(departures: Departures): Pick<AdminHandlers, "leaveCluster" | "getDeparture"> {
  return {
    leaveCluster: async ({ cluster, force }) => {
      const standing = await departures.leave(cluster, force);
      if (standing !== undefined) return { departure: departureInit(standing) };
      throw new CallError(
        grpc.status.NOT_FOUND,
        `No cluster "${cluster}" is a member. See "sealane get clusters".`,
      );
    },
    getDeparture: async ({ cluster }) => {
      const standing = departures.standing(cluster);
      if (standing !== undefined) return { departure: departureInit(standing) };
      throw new CallError(grpc.status.NOT_FOUND, `Cluster "${cluster}" is not leaving and has not left.`);
    },
  };
}

function departureInit(standing: DepartureStanding): DepartureInit {
  return {
    cluster: standing.cluster,
    state: states[standing.state],
    startedUnixUs: BigInt(standing.startedUnixUs),
    endedUnixUs: BigInt(standing.endedUnixUs),
    waitingFor: [...standing.waitingFor],
    things: BigInt(standing.things),
    thingsGone: BigInt(standing.thingsGone),
    leftBehind: [...standing.leftBehind],
    force: standing.force,
  };
}
