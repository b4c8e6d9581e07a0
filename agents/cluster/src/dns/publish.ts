// One pass over the cluster's names: render, write, prove on every replica, report. Always the whole wish, so
// the same pass is the first, the repair and the check. Refuses to write anything while something is unknown.

import type { DesiredNames, Stub } from "@sealane/core";
import type { Answer, Server } from "./beacon.ts";
import { askBeacon, probe } from "./beacon.ts";
import type { ConfigMapName } from "./config-maps.ts";
import type { DnsFinding, DnsReason } from "./findings.ts";
import { frontCorefile } from "./front.ts";
import type { CorefilePorts } from "./owned-corefile.ts";
import { writeOwned, writeStub } from "./owned-corefile.ts";
import type { PeersCorefile } from "./peers.ts";
import { peersCorefile } from "./peers.ts";
import type { Ask, Replica, ReplicaState } from "./rollout.ts";
import { proveRollout } from "./rollout.ts";
import type { Version } from "./version.ts";

/** The cluster's own DNS. */
export interface ClusterDns {
  /** Where its Corefile is. */
  readonly configMap: ConfigMapName;
  /** Undefined when its image does not tell. */
  readonly version: Version | undefined;
  /** Addresses of its Service; empty when unknown. */
  readonly addresses: readonly string[];
}

/** What the agent sees of DNS in its cluster. */
export interface DnsSurroundings {
  /** Namespace of mesh-dns and its ConfigMaps. */
  readonly namespace: string;
  /** Addresses of the mesh-dns Service; empty while there is none. */
  readonly ownAddresses: readonly string[];
  /** Running pods of mesh-dns, ready or not. */
  readonly replicas: readonly Replica[];
  readonly clusterDns: ClusterDns;
}

/** What a pass needs of the world. */
export interface PublishPorts extends CorefilePorts {
  readonly ask?: Ask;
  readonly probe?: (name: string, type: "SOA", server: Server, deadlineMs: number) => Promise<Answer>;
}

/** What came of a pass. */
export interface NamesReport {
  /** Zones of clusters that mesh-dns should answer: the own one and every peer's. */
  readonly desired: number;
  /** Those that every replica was seen to serve. */
  readonly observed: number;
  /** Generation of the peers configuration; undefined when there was nothing to render. */
  readonly generation: string | undefined;
  readonly replicas: readonly ReplicaState[];
  readonly findings: readonly DnsFinding[];
}

/** Reasons why the stub is not ours to write. */
const byHand: ReadonlySet<DnsReason> = new Set(["ZoneForeign", "ClusterDnsUnknown"]);

const proofMs = 5_000;
const probeMs = 1_000;

/**
 * One pass. Resolves after at most the proof's five seconds and the API server's answers; never rejects.
 * A signal ends it early: it writes nothing more, and its report says what was seen until then.
 */
export async function publishNames(
  names: DesiredNames,
  around: DnsSurroundings,
  ports: PublishPorts,
  signal?: AbortSignal,
): Promise<NamesReport> {
  const desired = (names.own === undefined ? 0 : 1) + names.peers.length;
  const peers = peersCorefile(names, around.ownAddresses);
  if (names.own === undefined || "problem" in peers) {
    const message = "problem" in peers ? peers.problem : "";
    const finding: DnsFinding = { subject: "mesh-dns", reason: "NamesUnknown", message };
    return { desired, observed: 0, generation: undefined, replicas: [], findings: [finding] };
  }
  const written = await write(names.own, peers, around, ports, signal);
  const [replicas, ownServed, stub] = await Promise.all([
    prove(names.own, peers, around, ports, signal),
    ownZoneServed(names.own, around, ports),
    stubServed(names.own, around, ports),
  ]);
  // A person's own forwarding is as good as our stub, so what counts is the answer.
  const forwarded = around.clusterDns.addresses.length > 0 && stub.length === 0;
  const findings = [
    ...leftOut(peers),
    ...written.filter(({ reason }) => !(forwarded && byHand.has(reason))),
    ...notLive(replicas, peers.generation),
    ...stub,
  ];
  const live = replicas.length > 0 && replicas.every(({ state }) => state.kind === "live");
  const observed = (ownServed === "everywhere" ? 1 : 0) + (live ? peers.zones.length : 0);
  return { desired, observed, generation: peers.generation, replicas, findings };
}

/** What a peers Corefile leaves out, as findings. */
export function leftOut(peers: PeersCorefile): DnsFinding[] {
  return peers.leftOut.map(({ zone, cause, problem }) => ({
    subject: zone,
    reason: cause === "refused" ? "NamesRefused" : "PeerAddressUnknown",
    message: problem,
  }));
}

/** The peers first: a pod starts as soon as there is a front. Nothing is written once the signal says to be silent. */
async function write(
  own: Stub,
  peers: PeersCorefile,
  { namespace, ownAddresses, clusterDns }: DnsSurroundings,
  ports: CorefilePorts,
  signal: AbortSignal | undefined,
): Promise<DnsFinding[]> {
  const front = frontCorefile(own);
  if ("problem" in front) return [{ subject: "mesh-dns", reason: "NamesUnknown", message: front.problem }];
  const wish = { meshZone: own.meshZone, addresses: ownAddresses, version: clusterDns.version };
  const writes = [
    () => writeOwned(ports, { namespace, name: "mesh-dns-peers" }, peers.text),
    () => writeOwned(ports, { namespace, name: "mesh-dns-front" }, front.text),
    () => writeStub(ports, clusterDns.configMap, wish),
  ];
  const findings: DnsFinding[] = [];
  for (const each of writes) {
    if (signal?.aborted === true) break;
    const finding = await each();
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

function prove(
  { meshZone }: Stub,
  { generation }: PeersCorefile,
  { replicas }: DnsSurroundings,
  ports: PublishPorts,
  signal: AbortSignal | undefined,
): Promise<readonly ReplicaState[]> {
  const rollout = {
    meshZone,
    generation,
    replicas,
    deadlineMs: proofMs,
    ...(signal === undefined ? {} : { signal }),
  };
  return proveRollout(rollout, ports.ask ?? askBeacon);
}

async function ownZoneServed(
  { zone }: Stub,
  { replicas }: DnsSurroundings,
  ports: PublishPorts,
): Promise<"everywhere" | "notEverywhere"> {
  const asking = ports.probe ?? probe;
  const answers = await Promise.all(replicas.map((replica) => asking(zone, "SOA", replica, probeMs)));
  const served = answers.length > 0 && answers.every(({ kind }) => kind === "records");
  return served ? "everywhere" : "notEverywhere";
}

async function stubServed(
  { meshZone }: Stub,
  { clusterDns }: DnsSurroundings,
  ports: PublishPorts,
): Promise<DnsFinding[]> {
  const asking = ports.probe ?? probe;
  const findings = clusterDns.addresses.map(async (address): Promise<DnsFinding[]> => {
    const answer = await asking(meshZone, "SOA", { address, port: 53 }, probeMs);
    if (answer.kind === "records") return [];
    const code = "code" in answer ? answer.code : answer.kind;
    const message = `The cluster's DNS at ${address} does not answer for "${meshZone}" (${code})`;
    return [{ subject: address, reason: "ClusterDnsNotForwarding", message }];
  });
  return (await Promise.all(findings)).flat();
}

function notLive(replicas: readonly ReplicaState[], generation: string): DnsFinding[] {
  if (replicas.length === 0) {
    return [{ subject: "mesh-dns", reason: "ReplicaMissing", message: "mesh-dns has no running replica" }];
  }
  return replicas.flatMap(({ replica, state }): DnsFinding[] => {
    if (state.kind === "live") return [];
    const seen = state.kind === "silent" ? `does not answer (${state.code})` : `serves ${state.generation}`;
    const message = `mesh-dns replica "${replica.name}" at ${replica.address} ${seen}; the newest generation is ${generation}`;
    return [{ subject: replica.name, reason: "ReplicaNotLive", message }];
  });
}
