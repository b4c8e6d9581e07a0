// Endpoints that are too many under one key, from the API server to what is told: the hub's word of them stays, and the
// export's owner reads why.

import { expect, onTestFinished, test } from "vitest";
import { createKubeClient } from "../kube/client.ts";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import { eventually } from "../kube/testing/wait.ts";
import { followApiServer } from "../observe/follow.ts";
import { observe } from "./observed-facts.ts";

const exportShard = { kind: "export", origin: "a", namespace: "shop" } as const;
const reachShard = { kind: "reach", origin: "a", namespace: "shop" } as const;
const pathShard = { kind: "path", origin: "a", namespace: "" } as const;

/** As many endpoints as a slice may have, of one node or of none, with names as long as Kubernetes takes them. */
function slice(at: number, nodeName?: string) {
  const endpoints = Array.from({ length: 1_000 }, (_, index) => ({
    addresses: [`10.${at}.${index >> 8}.${index & 255}`],
    targetRef: { kind: "Pod", name: `${at}-${index}-`.padEnd(253, "x") },
    ...(nodeName === undefined ? {} : { nodeName }),
  }));
  return { addressType: "IPv4", ports: [{ name: "http", port: 80 }], endpoints };
}

test("endpoints that are too many keep their shard from being whole, are a finding and a remark, and are mended", async () => {
  const api = await startFakeApiServer({ crds: "served" });
  const client = createKubeClient(api.admin);
  const term = new AbortController();
  onTestFinished(async () => {
    term.abort();
    await client.close();
    await api.close();
  });
  const kube = fixtures(client);
  await kube.create(resources.namespaces, "", "shop");
  await kube.create(resources.services, "shop", "web", { spec: { ports: [{ name: "http", port: 80 }] } });
  await kube.create(resources.serviceExports, "shop", "web");
  const labels = { "kubernetes.io/service-name": "web" };
  await kube.create(resources.endpointSlices, "shop", "web-1", slice(1, "a1"), { labels });
  await kube.create(resources.endpointSlices, "shop", "web-2", slice(2), { labels });

  const touched: string[] = [];
  const { table, observer, synced } = observe(
    { podRanges: undefined, serviceRanges: undefined },
    { epoch: 1n, signal: term.signal },
    {
      follow: followApiServer(client, { backoff: { minMs: 5, maxMs: 100 } }),
      cluster: "a",
      onExport: (namespace, name) => touched.push(`${namespace}/${name}`),
    },
  );
  await synced;
  const whole = () =>
    [exportShard, reachShard, pathShard].map((id) => table.shards.state(id)?.complete === true);
  const remark = () => {
    const verdict = observer.exportVerdict("shop", "web");
    return verdict?.yes === true ? verdict.remark : undefined;
  };
  expect(whole()).toEqual([true, false, false]);
  expect(table.untold.findings()).toMatchObject([
    { subject: "shop/web", reason: "FactTooLarge" },
    { subject: "shop/web", reason: "FactTooLarge" },
  ]);
  expect(remark()).toMatch(/on node "a1" are not told.*that name no node are not told.*nodeName/);

  touched.length = 0;
  for (const name of ["web-1", "web-2"]) {
    const endpoints = slice(3, name).endpoints.slice(0, 100);
    await kube.patch(resources.endpointSlices, "shop", name, { endpoints });
  }
  await eventually("everything to be whole", () => whole().every(Boolean));
  expect(remark()).toBe("");
  expect(table.untold.findings()).toEqual([]);
  expect(touched).toContain("shop/web");
});
