// Judges what is said of one peer's DNS: asked, withheld, or not a peer at all. Never trusts a name or an
// address further than its text allows.

import type { Stub } from "@sealane/core";
import { addressProblem, clusterZoneProblem } from "./zone.ts";

/** Upstreams that CoreDNS's forward plugin takes in one line. */
const upstreamsMax = 15;

/** This cluster's own part of the mesh. */
export interface Ours {
  readonly zone: string;
  readonly meshZone: string;
  /** Of the own mesh-dns Service. */
  readonly addresses: readonly string[];
}

/** How a peer's zone is served. */
export type PeerVerdict =
  | { readonly serve: "forward" }
  /** The zone is a peer's, where to ask is not known: SERVFAIL, as "no such name" would be a claim. */
  | { readonly serve: "failure"; readonly cause: "unknown" | "refused"; readonly problem: string }
  /** The zone cannot be a peer's. */
  | { readonly serve: "nothing"; readonly cause: "refused"; readonly problem: string };

/** The verdict over one peer. */
export function judgePeer(peer: Stub, ours: Ours): PeerVerdict {
  const nobody = zoneProblem(peer, ours);
  if (nobody !== undefined) return { serve: "nothing", cause: "refused", problem: refused(nobody) };
  const unreachable = upstreamProblem(peer, ours);
  if (unreachable !== undefined) return { serve: "failure", cause: "refused", problem: refused(unreachable) };
  if (peer.addresses.length > 0) return { serve: "forward" };
  const problem = `Cannot ask for "${peer.zone}" yet: the address of its mesh-dns is not known`;
  return { serve: "failure", cause: "unknown", problem };
}

function refused(problem: string): string {
  return `Refused a peer's names: ${problem}`;
}

function zoneProblem({ zone }: Stub, ours: Ours): string | undefined {
  if (zone === ours.zone) return `zone "${zone}" is this cluster's own`;
  return clusterZoneProblem(zone, ours.meshZone);
}

function upstreamProblem({ zone, addresses, port }: Stub, ours: Ours): string | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return `port ${port} of "${zone}" is not between 1 and 65535`;
  if (addresses.length > upstreamsMax)
    return `"${zone}" has ${addresses.length} addresses; ${upstreamsMax} is the most`;
  const own = addresses.find((address) => ours.addresses.includes(address));
  if (own !== undefined) return `address ${own} of "${zone}" is this cluster's own mesh-dns`;
  return addresses.map(addressProblem).find((found) => found !== undefined);
}
