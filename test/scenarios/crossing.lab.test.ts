// One service crosses: names, addresses, packets and next hops, IPv4 and IPv6, and the host outside every cluster.

import { beforeAll, describe, expect, it } from "vitest";
import { outputOn, waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import {
  applyText,
  clusterOf,
  families,
  fetchFromMachine,
  fetchFromPod,
  kubectl,
  nextHops,
  nodeAddresses,
  openStory,
  podAddresses,
  serviceAddresses,
  shop,
} from "./story.ts";
import { databaseManifest, webManifest } from "./workloads.ts";

const meshName = "web.shop.svc.a.mesh.example";
const setName = "web.shop.svc.clusterset.local";
const serving = ["a1", "a2"];
const connections = 300;

let lab: Lab;
let a: LabCluster;
let b: LabCluster;

beforeAll(async () => {
  lab = await openStory();
  a = clusterOf(lab, "a");
  b = clusterOf(lab, "b");
  await applyText(a, webManifest("web", serving));
  await applyText(a, databaseManifest("db"));
  await kubectl(a, ["-n", shop, "rollout", "status", "deployment/web", "--timeout=90s"]);
  await kubectl(a, ["-n", shop, "rollout", "status", "statefulset/db", "--timeout=90s"]);
});

describe.each(families)("over $network", ({ network }) => {
  const family = network === "tcp4" ? "v4" : "v6";
  const index = network === "tcp4" ? 0 : 1;

  it("a pod in b fetches from a's Service by a's own name", async () => {
    await waitUntil(
      { what: `an answer through ${meshName}`, timeoutMs: 90_000, intervalMs: 500 },
      async () => {
        const [answer] = await fetchFromPod(b, network, `http://${meshName}/`);
        return answer?.pod.startsWith("web-") ?? false;
      },
    );
  });

  it("through clusterset.local a's pods answer, and see the client pod's own address", async () => {
    await waitUntil(
      { what: `an answer through ${setName}`, timeoutMs: 90_000, intervalMs: 500 },
      async () => {
        const [answer] = await fetchFromPod(b, network, `http://${setName}/`);
        return answer?.pod.startsWith("web-") ?? false;
      },
    );
    const own = (await podAddresses(b, "client"))[index];
    for (const answer of await fetchFromPod(b, network, `http://${setName}/`, 20)) {
      expect(answer.pod).toMatch(/^web-/);
      expect(answer.client).toBe(own);
    }
  });

  it("b's kernels have exactly the nodes with ready pods as next hops", async () => {
    const address = (await serviceAddresses(a, "web"))[index] ?? "";
    for (const node of b.nodes)
      expect(await nextHops(node, address)).toEqual(nodeAddresses(a, serving, family));
  });

  it(`${connections} connections from b arrive at both nodes with ready pods and never at the third`, async () => {
    const address = (await serviceAddresses(a, "web"))[index] ?? "";
    await Promise.all(a.nodes.map((node) => startCounting(node, address)));
    try {
      const url = address.includes(":") ? `http://[${address}]/` : `http://${address}/`;
      const answers = await fetchFromPod(b, network, url, connections);
      expect(answers).toHaveLength(connections);
      const counts = await Promise.all(a.nodes.map(countedConnections));
      console.log(
        `${network}: connections at the uplinks of ${a.nodes.map(({ name }) => name).join(", ")}: ${counts.join(", ")}`,
      );
      expect(counts[0]).toBeGreaterThan(0);
      expect(counts[1]).toBeGreaterThan(0);
      expect(counts[2]).toBe(0);
      expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(connections);
    } finally {
      await Promise.all(
        a.nodes.map((node) => outputOn(node, ["nft", "delete", "table", "inet", countingTable])),
      );
    }
  });

  it("the host outside reaches a pod and a ClusterIP by name", async () => {
    const [service] = await fetchFromMachine(lab.outside, network, `http://${meshName}/`);
    expect(service?.pod).toMatch(/^web-/);
    const [pod] = await fetchFromMachine(
      lab.outside,
      network,
      "http://db-0.db.shop.svc.a.mesh.example:8080/",
    );
    expect(pod?.pod).toBe("db-0");
    expect(pod?.server).toBe((await podAddresses(a, "db-0"))[index]);
  });
});

const countingTable = "sealane_story";

/** Counts first packets of connections to the Service's address as they come in from the segment, before kube-proxy. */
async function startCounting(node: { name: string; pid: number }, address: string): Promise<void> {
  const match = address.includes(":") ? `ip6 daddr ${address}` : `ip daddr ${address}`;
  const rules = `table inet ${countingTable} {
  counter arrived { }
  chain uplink {
    type filter hook prerouting priority raw; policy accept;
    iifname "eth0" ${match} tcp dport 80 tcp flags & (syn | ack) == syn counter name arrived
  }
}`;
  await outputOn(node, ["nft", "-f", "-"], { input: rules });
}

async function countedConnections(node: { name: string; pid: number }): Promise<number> {
  const text = await outputOn(node, ["nft", "-j", "list", "counter", "inet", countingTable, "arrived"]);
  const { nftables } = JSON.parse(text) as { nftables: { counter?: { packets: number } }[] };
  return nftables.find(({ counter }) => counter !== undefined)?.counter?.packets ?? Number.NaN;
}
