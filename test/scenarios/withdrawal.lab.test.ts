// An export deleted: import, slices, route and clusterset name are gone everywhere within a second at their sources. The
// sources are asked without a kubectl or an ip for each look: those would take the processors from what is being timed.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor, waitUntil } from "../lab/index.ts";
import type { Lab, LabCluster } from "../lab/index.ts";
import { kubeconfigAccess } from "../../agents/cluster/src/kube/auth.ts";
import type { KubeClient } from "../../agents/cluster/src/kube/client.ts";
import { createKubeClient } from "../../agents/cluster/src/kube/client.ts";
import type { RouteMonitor } from "./route-monitor.ts";
import { monitorRoutes } from "./route-monitor.ts";
import {
  clusterOf,
  dig,
  kubectl,
  kubectlJson,
  nextHops,
  openStory,
  rollOut,
  others,
  serviceAddresses,
  shop,
} from "./story.ts";
import { webManifest } from "./workloads.ts";

const goneMsMax = 1_000;
const name = "leaving";

let lab: Lab;
let a: LabCluster;
const clients: KubeClient[] = [];
const monitors: RouteMonitor[] = [];

afterAll(() => {
  for (const client of clients) void client.close();
  for (const monitor of monitors) monitor.close();
});

beforeAll(async () => {
  lab = await openStory();
  a = clusterOf(lab, "a");
  await rollOut(a, name, webManifest(name, ["a1"]));
});

describe("an export deleted", () => {
  it("leaves nothing anywhere within a second", async () => {
    const checks = await everySource();
    for (const { what, present } of checks)
      await waitUntil({ what: `${what} to be there`, timeoutMs: 60_000 }, present);
    await kubectl(a, ["-n", shop, "delete", "serviceexport", name]);
    const deletedAt = performance.now();
    const gone = await Promise.all(
      checks.map(async ({ what, present }) => {
        await waitFor({ what: `${what} to go`, timeoutMs: 20_000, intervalMs: 20 }, async () =>
          (await present()) ? undefined : true,
        );
        return { what, afterMs: performance.now() - deletedAt };
      }),
    );
    const late = gone.filter(({ afterMs }) => afterMs > goneMsMax);
    console.log(
      `gone after the deletion's answer: last of ${gone.length} sources after ${Math.max(...gone.map(({ afterMs }) => afterMs)).toFixed(0)} ms`,
    );
    expect(late).toEqual([]);
  });
});

interface Source {
  readonly what: string;
  readonly present: () => Promise<boolean>;
}

/** Everything that an export makes elsewhere, each with a look at its source. */
async function everySource(): Promise<Source[]> {
  const addresses = await serviceAddresses(a, name);
  const sources: Source[] = [];
  for (const cluster of lab.clusters) {
    const client = createKubeClient(await kubeconfigAccess(cluster.kubeconfig));
    clients.push(client);
    const holds = async (path: string, query: Readonly<Record<string, string>>) => {
      const list = (await client.request("GET", `/apis/${path}`, { query })) as { items: readonly unknown[] };
      return list.items.length > 0;
    };
    sources.push({
      what: `ServiceImport in ${cluster.name}`,
      present: () =>
        holds(`multicluster.x-k8s.io/v1beta1/namespaces/${shop}/serviceimports`, {
          fieldSelector: `metadata.name=${name}`,
        }),
    });
    sources.push({
      what: `slices in ${cluster.name}`,
      present: () =>
        holds(`discovery.k8s.io/v1/namespaces/${shop}/endpointslices`, {
          labelSelector: `multicluster.kubernetes.io/service-name=${name}`,
        }),
    });
    for (const pod of await meshDnsPods(cluster)) {
      const node = cluster.nodes[0];
      if (node === undefined) continue;
      const asked = () => dig(node, pod, `${name}.${shop}.svc.clusterset.local`, "A");
      sources.push({
        what: `clusterset name at mesh-dns ${pod} of ${cluster.name}`,
        present: async () => (await asked()).answers.length > 0,
      });
    }
  }
  for (const { nodes } of others(lab, a)) {
    for (const node of nodes) {
      for (const address of addresses) {
        await waitUntil(
          { what: `a route to ${address} on ${node.name}`, timeoutMs: 60_000 },
          async () => (await nextHops(node, address)).length > 0,
        );
      }
      const monitor = await monitorRoutes(node);
      monitors.push(monitor);
      for (const address of addresses)
        sources.push({
          what: `route to ${address} on ${node.name}`,
          present: async () => Promise.resolve(!isDeleted(monitor, address)),
        });
    }
  }
  return sources;
}

/** By the kernel's last word of it. */
function isDeleted({ changes }: RouteMonitor, address: string): boolean {
  return changes.findLast(({ destination }) => destination === address)?.change === "deleted";
}

async function meshDnsPods(cluster: LabCluster): Promise<string[]> {
  interface Pod {
    readonly metadata: { readonly deletionTimestamp?: string };
    readonly status: { readonly podIP?: string };
  }
  const { items } = await kubectlJson<{ items: Pod[] }>(cluster, [
    ...["-n", "sealane-system", "get", "pods", "-l", "app.kubernetes.io/name=mesh-dns"],
  ]);
  return items.flatMap(({ metadata, status }) =>
    metadata.deletionTimestamp === undefined ? (status.podIP ?? []) : [],
  );
}
