// The Corefile of mesh-dns's front process: static, so that informers and cache outlive every change of
// peers. Own zone and clusterset.local come from the site itself, all else from the peers process.

import type { Stub } from "@sealane/core";
import { block, print } from "./print.ts";
import type { Statement } from "./print.ts";
import { clustersetZone, clusterZoneProblem, meshZoneProblem } from "./zone.ts";

/** Port at which mesh-dns answers peers: the own zone only, so a question cannot travel in a circle. */
const peerPort = 1053;

/** Seconds that an answer, and a denial, may be kept. */
const ttlSeconds = 5;

/** Version of the multi-cluster DNS schema (KEP-1645, specification.md, section 1). */
const schemaVersion = "1.0.0";

/** Loopback port of the peers process. */
export const peersPort = 5300;

/** A Corefile, or why there can be none. */
export type Rendered = { readonly text: string } | { readonly problem: string };

/** The plugins that answer for what the site knows itself. */
export interface FrontAnswers {
  readonly own: (zone: string) => readonly Statement[];
  readonly clusterset: (zone: string) => readonly Statement[];
}

/** Without the ServiceImport CRD the `kubernetes` plugin for clusterset.local answers SERVFAIL, and only it. */
const fromApiServer: FrontAnswers = {
  own: (zone) => [block(`kubernetes ${zone}`, `ttl ${ttlSeconds}`)],
  clusterset: (zone) => [
    block(
      `kubernetes ${zone}`,
      `multicluster ${zone}`,
      "noendpoints",
      "startup_timeout 1s",
      `ttl ${ttlSeconds}`,
    ),
  ],
};

/** The front Corefile of the cluster whose stub entry is given. */
export function frontCorefile(
  own: Pick<Stub, "zone" | "meshZone">,
  answers: FrontAnswers = fromApiServer,
): Rendered {
  const { zone, meshZone } = own;
  const problem = meshZoneProblem(meshZone) ?? clusterZoneProblem(zone, meshZone);
  if (problem !== undefined) return { problem: `Cannot render mesh-dns's front: ${problem}` };
  return {
    text: print([
      ownZone(zone, answers),
      clusterset(answers),
      otherClusters(meshZone),
      beacon(meshZone),
      catchAll(),
    ]),
  };
}

function ownZone(zone: string, answers: FrontAnswers) {
  return block(
    `${zone}:53 ${zone}:${peerPort}`,
    "errors",
    ...answers.own(zone),
    "loadbalance",
    "prometheus :9153",
    "ready",
  );
}

function clusterset(answers: FrontAnswers) {
  return block(
    `${clustersetZone}:53`,
    "errors",
    ...schemaRecord(clustersetZone),
    ...answers.clusterset(clustersetZone),
    "loadbalance",
    "prometheus :9153",
  );
}

/**
 * The `kubernetes` plugin tells the version of the schema of one cluster, whatever the zone, and denies that the name
 * exists when it is asked for another type; zone files do not have the name.
 */
function schemaRecord(zone: string) {
  const name = String.raw`match ^dns-version\.${zone.replaceAll(".", String.raw`\.`)}\.$`;
  const soa = `${zone}. ${ttlSeconds} IN SOA ns.dns.${zone}. hostmaster.${zone}. 1 7200 1800 86400 ${ttlSeconds}`;
  return [
    block(
      `template IN TXT ${zone}`,
      name,
      `answer "dns-version.${zone}. 28800 IN TXT ${schemaVersion}"`,
      "fallthrough",
    ),
    block(`template ANY ANY ${zone}`, name, `authority "${soa}"`, "fallthrough"),
  ];
}

/** Stale answers live 5 s: the cache of whoever asked holds them that long again. */
function otherClusters(meshZone: string) {
  return block(
    `${meshZone}:53`,
    "errors",
    block("cache 30", "success 8192 30", "denial 4096 5", "serve_stale 1h verify 300ms 5s", "servfail 1s"),
    block(`forward . 127.0.0.1:${peersPort}`, "max_fails 0", "max_concurrent 4000"),
    "prometheus :9153",
  );
}

/** Apart from the mesh zone because that one's cache would keep an old generation for 5 s. */
function beacon(meshZone: string) {
  return block(`gen.${meshZone}:53`, "errors", block(`forward . 127.0.0.1:${peersPort}`, "max_fails 0"));
}

/** No answering plugin: every other name is REFUSED, so mesh-dns never is a recursive resolver. */
function catchAll() {
  return block(".:53", block("health", "lameduck 5s"));
}
