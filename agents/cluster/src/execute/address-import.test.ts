// Imports of exporters that offer their Service's address, as the executor writes them.

import { describe, expect, test } from "vitest";
import type { ShardId } from "@sealane/core";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { resources } from "../kube/resource.ts";
import { eventually } from "../kube/testing/wait.ts";
import { apiServerForm, executorBench } from "./testing/bench.ts";
import { mergedService, reachFact } from "./testing/test-view.ts";

const reachShard = (origin: string, namespace: string): ShardId => ({ kind: "reach", origin, namespace });

const exporters = [
  { cluster: "a", clusterAddresses: ["10.111.0.1"], ports: ["http"], endpoints: "vip" },
  { cluster: "b", clusterAddresses: ["10.112.9.9"], ports: ["http"], endpoints: "vip" },
] as const;

describe("an exporter that offers its Service's address", () => {
  const the = executorBench(async (name) =>
    apiServerForm(await startFakeApiServer({ crds: "missing" }), name),
  );

  const slices = async (): Promise<Record<string, string>> => {
    const all = await the().kube.list(resources.endpointSlices, the().namespace);
    const texts = all.map(({ metadata, ports, endpoints }): [string, string] => {
      const [one] = endpoints as { addresses: string[]; conditions: { ready: boolean } }[];
      const port = (ports as { port: number }[])[0]?.port;
      const source = metadata.labels["multicluster.kubernetes.io/source-cluster"] ?? "";
      return [source, `${one?.addresses[0]}:${port} ${one?.conditions.ready ? "ready" : "unready"}`];
    });
    return Object.fromEntries(texts.toSorted());
  };

  const slicesAre = (want: Record<string, string>): Promise<void> =>
    eventually(JSON.stringify(want), async () => JSON.stringify(await slices()) === JSON.stringify(want));

  test("others have its address in one slice, itself its pods; one write when its last pod goes", async () => {
    const { kube, view, namespace, executor } = the();
    await kube.create(resources.namespaces, "", namespace);
    view.whole(reachShard("a", namespace), reachShard("b", namespace));
    view.merged.set(`${namespace}/web`, mergedService({ exporters }));
    view.setReach("a", namespace, "web", "a1", reachFact([1, 2]));
    view.setReach("b", namespace, "web", "b1", reachFact([7]));
    executor.touch(namespace, "web");
    await slicesAre({ a: "10.111.0.1:80 ready", b: "10.1.0.7:8080 ready" });
    await the().settled();
    the().writes();
    view.setReach("a", namespace, "web", "a1", reachFact([1, 2], [1]));
    executor.touch(namespace, "web");
    await the().settled();
    expect(the().writes()).toEqual([]);
    view.setReach("a", namespace, "web", "a1", reachFact([1, 2], [1, 2]));
    executor.touch(namespace, "web");
    await slicesAre({ a: "10.111.0.1:80 unready", b: "10.1.0.7:8080 ready" });
    await the().settled();
    expect(
      the()
        .writes()
        .filter((each) => each.includes("endpointslices")),
    ).toHaveLength(1);
  });
});
