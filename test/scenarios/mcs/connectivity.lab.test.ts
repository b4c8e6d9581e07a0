// Who answers at a clusterset name: real packets from a pod in each cluster to servers in each, over TCP and UDP, IPv4
// and IPv6. A server tells by its name which cluster it is in.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../lab/index.ts";
import { families, fetchFromPod } from "../story.ts";
import type { Network } from "../story.ts";
import { attempts, datagrams } from "./asked.ts";
import { exported, exportOf, servers, service, tcp, udp } from "./objects.ts";
import type { Port } from "./objects.ts";
import { apply, conditionMs, openPair, waitUntilReady } from "./pair.ts";
import type { Pair, Site } from "./pair.ts";
import { waitForCondition } from "./seen.ts";

const hits = 10;
const tries = 20;

let pair: Pair;
let namespace: string;

const other = (name: string): Port => ({ name, protocol: "TCP", port: 4242, targetPort: 42 });

beforeAll(async () => {
  pair = await openPair("connectivity");
  namespace = pair.namespace;
  // `one` is a Service of both clusters that only `a` exports, `none` one that nobody exports.
  const shared = [service(namespace, "one"), service(namespace, "none")];
  const inA = [
    ...shared,
    exportOf(namespace, "one"),
    ...exported(namespace, "number", { ports: [tcp] }),
    ...exported(namespace, "name", { ports: [tcp] }),
    ...exported(namespace, "all", { ports: [tcp, udp] }),
  ];
  await apply(pair.a, ...inA, servers(namespace, "server-a", 1));
  await apply(pair.b, ...shared, servers(namespace, "server-b", 1));
  await Promise.all(
    ["number", "name", "all"].map((name) => waitForCondition(pair.a, namespace, name, "Ready", "True")),
  );
  await apply(
    pair.b,
    ...exported(namespace, "number", { ports: [other("tcp")] }),
    ...exported(namespace, "name", { ports: [other("tcp2")] }),
    ...exported(namespace, "all", { ports: [tcp, udp] }),
  );
  await Promise.all(
    pair.both.map((site) => waitUntilReady(site, "Deployment", namespace, `server-${site.name}`, 1)),
  );
});

afterAll(() => pair?.close());

describe.each(families)("over $network", ({ network }) => {
  it("a Service that nobody exports has no name in any cluster, however often it is tried (C16)", async () => {
    for (const seen of await fromBoth((site) => attempts(site, network, urlOf("none"), tries))) {
      expect(seen).toHaveLength(tries);
      expect(seen.filter((line) => !line.includes("no such host"))).toEqual([]);
    }
  });

  it("an exported Service answers in every cluster (C17)", async () => {
    await answeredBy("one", network, "a");
    for (const answers of await podsFromBoth("one", network, 1))
      expect(answers).toEqual([expect.stringMatching(/^server-a-/)]);
  });

  it("only the exporter's pod answers, although the other cluster has the Service too (C18)", async () => {
    await answeredBy("one", network, "a");
    for (const answers of await podsFromBoth("one", network, hits))
      expect(clustersOf(answers)).toEqual(["a"]);
  });

  it("a port whose number lost a conflict leads to the winner's pods alone (C19)", async () => {
    await answeredBy("number", network, "a");
    for (const answers of await podsFromBoth("number", network, hits))
      expect(clustersOf(answers)).toEqual(["a"]);
  });

  it("ports of two names lead each to the pods of the cluster that has it (C20)", async () => {
    await answeredBy("name", network, "a");
    await answeredBy("name", network, "b", 4242);
    for (const answers of await podsFromBoth("name", network, hits))
      expect(clustersOf(answers)).toEqual(["a"]);
    for (const answers of await podsFromBoth("name", network, hits, 4242))
      expect(clustersOf(answers)).toEqual(["b"]);
  });

  it("pods of both clusters answer when both export (MCS 21)", async () => {
    await answeredBy("all", network, "a");
    await answeredBy("all", network, "b");
    for (const answers of await podsFromBoth("all", network, hits * 4))
      expect(clustersOf(answers)).toEqual(["a", "b"]);
  });

  it("datagrams arrive at the exporter's pod alone (MCS 21)", async () => {
    await answeredBy("one", network, "a");
    const family = network === "tcp4" ? "4" : "6";
    for (const answers of await fromBoth((site) => datagrams(site, family, hostOf("one"), 3))) {
      expect(answers).toHaveLength(3);
      expect(clustersOf(answers)).toEqual(["a"]);
    }
  });
});

function hostOf(name: string): string {
  return `${name}.${namespace}.svc.clusterset.local`;
}

function urlOf(name: string, port = 42): string {
  return `http://${hostOf(name)}:${port}/`;
}

function fromBoth<T>(look: (site: Site) => Promise<T>): Promise<readonly T[]> {
  return Promise.all(pair.both.map(look));
}

/** Names of the pods that answer, each time over a connection of its own; every connection must succeed. */
function podsFromBoth(
  name: string,
  network: Network,
  count: number,
  port = 42,
): Promise<readonly (readonly string[])[]> {
  return fromBoth(async ({ cluster }) =>
    (await fetchFromPod(cluster, network, urlOf(name, port), count)).map(({ pod }) => pod),
  );
}

/** Waits until a pod of this cluster answers in both clusters. */
async function answeredBy(name: string, network: Network, cluster: string, port = 42): Promise<void> {
  await fromBoth(async (site) => {
    const what = `an answer from ${cluster} at ${urlOf(name, port)} over ${network} in ${site.name}`;
    await waitUntil({ what, timeoutMs: conditionMs, intervalMs: 300 }, async () => {
      const answers = await fetchFromPod(site.cluster, network, urlOf(name, port), hits);
      return clustersOf(answers.map(({ pod }) => pod)).includes(cluster);
    });
  });
}

/** The clusters whose pods answered, by their Deployments' names. */
function clustersOf(pods: readonly string[]): readonly string[] {
  return [...new Set(pods.map((pod) => /^server-([a-z])-/.exec(pod)?.[1] ?? pod))].toSorted();
}
