// The Corefile of mesh-dns's peers process, the part that reloads: one block per peer, the mesh zone's apex,
// and a beacon naming this very text. Asks no peer that it cannot trust, and says which and why.

import { createHash } from "node:crypto";
import type { DesiredNames, Stub } from "@sealane/core";
import { peersPort } from "./front.ts";
import type { PeerVerdict } from "./peer-verdict.ts";
import { judgePeer } from "./peer-verdict.ts";
import type { Block } from "./print.ts";
import { block, print } from "./print.ts";
import { addressProblem, clusterZoneProblem, meshZoneProblem, sortedAddresses, withPort } from "./zone.ts";

/** A peer whose zone is not asked for. */
export interface LeftOut {
  readonly zone: string;
  /** Unknown: no address is known yet. Refused: what is said of it cannot be true. */
  readonly cause: "unknown" | "refused";
  readonly problem: string;
}

/** The Corefile with what it serves. */
export interface PeersCorefile {
  readonly text: string;
  /** First 8 hexadecimal digits of the SHA-256 of the text without its beacon. */
  readonly generation: string;
  /** Peers' zones that are asked for, sorted. */
  readonly zones: readonly string[];
  /** Sorted by zone. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * The peers Corefile. `ownAddresses` are those of the own mesh-dns Service, one or two families; they
 * become the addresses of the mesh zone's name server. A problem means: keep what you have.
 */
export function peersCorefile(
  names: DesiredNames,
  ownAddresses: readonly string[],
): PeersCorefile | { readonly problem: string } {
  const problem = ownProblem(names.own, ownAddresses);
  if (problem !== undefined || names.own === undefined) {
    return { problem: `Cannot render mesh-dns's peers: ${problem}` };
  }
  const { meshZone, zone } = names.own;
  const addresses = sortedAddresses(ownAddresses);
  const blocks = new Map<string, Block>();
  const zones: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const peer of names.peers.toSorted(byZone)) {
    const verdict = blocks.has(peer.zone) ? twice(peer) : judgePeer(peer, { meshZone, zone, addresses });
    if (verdict.serve === "forward") {
      blocks.set(peer.zone, forwardBlock(peer));
      zones.push(peer.zone);
    } else {
      if (verdict.serve === "failure") blocks.set(peer.zone, failureBlock(peer));
      leftOut.push({ zone: peer.zone, cause: verdict.cause, problem: verdict.problem });
    }
  }
  const bare = print([...blocks.values(), apex(meshZone, addresses, undefined), catchAll()]);
  const generation = createHash("sha256").update(bare).digest("hex").slice(0, 8);
  const text = print([...blocks.values(), apex(meshZone, addresses, generation), catchAll()]);
  return { text, generation, zones, leftOut };
}

/** What the peers process serves before anything is known: nothing, while it waits for its first file. */
export function emptyPeersCorefile(): string {
  return print([catchAll()]);
}

/** Total, so that even a zone given twice gives one text. */
function byZone(a: Stub, b: Stub): number {
  const [x, y] = [a, b].map(({ zone, addresses, port }) => JSON.stringify([zone, addresses, port]));
  return x === undefined || y === undefined || x === y ? 0 : x < y ? -1 : 1;
}

function ownProblem(own: Stub | undefined, addresses: readonly string[]): string | undefined {
  if (own === undefined) return "the hub has not sent this cluster's own zone yet";
  if (addresses.length === 0) return "the mesh-dns Service has no address yet";
  return (
    meshZoneProblem(own.meshZone) ??
    clusterZoneProblem(own.zone, own.meshZone) ??
    addresses.map(addressProblem).find((problem) => problem !== undefined)
  );
}

function twice(peer: Stub): PeerVerdict {
  return {
    serve: "nothing",
    cause: "refused",
    problem: `Refused a peer's names: zone "${peer.zone}" is given twice`,
  };
}

/** A silent peer costs two reads of 700 ms, and after 3.2 s nothing; the front's cache answers meanwhile. */
function forwardBlock(peer: Stub): Block {
  const upstreams = sortedAddresses(peer.addresses).map((address) => withPort(address, peer.port));
  return block(
    `${peer.zone}:${peersPort}`,
    "bind 127.0.0.1",
    "errors",
    block(
      `forward . ${upstreams.join(" ")}`,
      "max_fails 1",
      "read_timeout 700ms",
      "max_connect_attempts 2",
      `health_check 500ms no_rec domain ${peer.zone}`,
      "failfast_all_unhealthy_upstreams",
      "max_concurrent 1000",
    ),
    "prometheus :9154",
  );
}

/** Holds the zone until it can be asked; the front's cache still gives what it has, as it does for a silent peer. */
function failureBlock({ zone }: Stub): Block {
  const failure = block(`template ANY ANY ${zone}`, "rcode SERVFAIL");
  return block(`${zone}:${peersPort}`, "bind 127.0.0.1", "errors", failure, "prometheus :9154");
}

/** The mesh zone itself: SOA, NS and the name server's addresses; every unknown cluster ends here, locally. */
function apex(meshZone: string, addresses: readonly string[], generation: string | undefined): Block {
  const zone = meshZone;
  const escaped = zone.replaceAll(".", String.raw`\.`);
  const soa = `${zone}. 30 IN SOA ns.${zone}. hostmaster.${zone}. 1 7200 900 86400 5`;
  const hosts = addresses.map((address) => {
    const type = address.includes(":") ? "AAAA" : "A";
    return { type, record: `"ns.${zone}. 30 IN ${type} ${address}"` };
  });
  const at = String.raw`match ^${escaped}\.$`;
  const atServer = String.raw`match ^ns\.${escaped}\.$`;
  const template = (of: string, ...body: string[]) => block(`template ${of} ${zone}`, ...body);
  const glue = hosts.map(({ record }) => `additional ${record}`);
  const beacon = (value: string) =>
    template(
      "IN TXT",
      String.raw`match ^gen\.${escaped}\.$`,
      `answer "gen.${zone}. 0 IN TXT ${value}"`,
      "fallthrough",
    );
  return block(
    `${zone}:${peersPort}`,
    "bind 127.0.0.1",
    "errors",
    template("IN SOA", at, `answer "${soa}"`, "fallthrough"),
    template("IN NS", at, `answer "${zone}. 30 IN NS ns.${zone}."`, ...glue, "fallthrough"),
    ...["A", "AAAA"].flatMap((type) => {
      const answers = hosts.filter((host) => host.type === type).map(({ record }) => `answer ${record}`);
      return answers.length === 0 ? [] : [template(`IN ${type}`, atServer, ...answers, "fallthrough")];
    }),
    ...(generation === undefined ? [] : [beacon(generation)]),
    template("ANY ANY", String.raw`match ^((ns|gen)\.)?${escaped}\.$`, `authority "${soa}"`, "fallthrough"),
    template("IN DS", `authority "${soa}"`),
    template("ANY ANY", "rcode NXDOMAIN", `authority "${soa}"`),
    "prometheus :9154",
  );
}

/** Without `reload` a file would be the last one ever; `health` would hold a reload up for 5 s. */
function catchAll(): Block {
  return block(`.:${peersPort}`, "bind 127.0.0.1", "ready :8182", "reload 2s 0s");
}
