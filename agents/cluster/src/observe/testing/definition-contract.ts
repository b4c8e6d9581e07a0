// What the observer must say when the definition of ServiceExports is taken away, as cases for the fake and the real API
// server: nothing that went with it is called gone.

import { afterEach, beforeEach, expect, test } from "vitest";
import { createKubeClient } from "../../kube/client.ts";
import type { KubeClient } from "../../kube/client.ts";
import { resources } from "../../kube/resource.ts";
import { fixtures } from "../../kube/testing/fixtures.ts";
import type { Fixtures } from "../../kube/testing/fixtures.ts";
import type { Harness } from "../../kube/testing/harness.ts";
import { eventually } from "../../kube/testing/wait.ts";
import { followApiServer } from "../follow.ts";
import { Observer } from "../observer.ts";

const definitions = resources.customResourceDefinitions;
const definition = "serviceexports.multicluster.x-k8s.io";

let count = 0;

/** Runs the suite. */
export function definitionContract(start: () => Promise<Harness>): void {
  let harness: Harness;
  let client: KubeClient;
  let kube: Fixtures;
  let stop: AbortController;
  let namespace = "";
  let problems: string[] = [];
  const exported = new Set<string>();

  beforeEach(async () => {
    harness = await start();
    client = createKubeClient(harness.admin);
    kube = fixtures(client);
    stop = new AbortController();
    namespace = `defined-${process.pid}-${count++}`;
    problems = [];
    exported.clear();
    await kube.installCrds();
    await kube.create(resources.namespaces, "", namespace);
    for (const name of ["web", "api"])
      await kube.create(resources.services, namespace, name, { spec: { ports: [{ port: 80 }] } });
    await kube.create(resources.serviceExports, namespace, "web");
    const observer = new Observer(
      {
        follow: followApiServer(client, { backoff: { minMs: 5, maxMs: 100 } }),
        cluster: "a",
        declared: {},
        onFacts: (facts) => {
          for (const { shard, key, value } of facts) {
            if (shard.kind !== "export" || shard.namespace !== namespace) continue;
            if (value === undefined) exported.delete(key);
            else exported.add(key);
          }
        },
        onComplete: () => {},
        onSynced: () => {},
        onProblem: (error) => problems.push(error.message),
      },
      stop.signal,
    );
    await eventually("the export", () => observer.synced && exported.size === 1, 20_000);
    // Only a watch that is open sees what goes with the definition.
    await kube.create(resources.serviceExports, namespace, "api");
    await eventually("the next one", () => exported.size === 2, 20_000);
  });

  afterEach(async () => {
    stop.abort();
    await kube.installCrds();
    for (const name of ["web", "api"]) await kube.remove(resources.serviceExports, namespace, name);
    await kube.remove(resources.namespaces, "", namespace);
    await client.close();
    await harness.close();
  });

  const takeAway = async (): Promise<void> => {
    await kube.remove(definitions, "", definition);
    await eventually("the problem", () => problems.some((each) => each.includes(definition)), 20_000);
    await eventually("the definition to be gone", async () => {
      return (await kube.get(definitions, "", definition)) === undefined;
    });
  };

  test("a definition that is taken away takes no export with it, and what is made anew is nothing new (MCS 61)", async () => {
    await takeAway();
    expect([...exported].toSorted()).toEqual(["api", "web"]);
    await kube.installCrds();
    // What is listed once it is served again counts: only what nobody made again is gone.
    await kube.create(resources.serviceExports, namespace, "web");
    await eventually("what was not made again to go", () => !exported.has("api"), 20_000);
    await eventually("what was made again", () => exported.has("web"), 20_000);
  });

  test("while it stays, an export that somebody deletes is gone at once, and one made again is there (MCS 10)", async () => {
    for (let round = 0; round < 5; round++) {
      await kube.remove(resources.serviceExports, namespace, "web");
      await eventually("the export to end", () => !exported.has("web"));
      await kube.create(resources.serviceExports, namespace, "web");
      await eventually("the export", () => exported.has("web"));
    }
    await kube.remove(resources.serviceExports, namespace, "web");
    await kube.create(resources.serviceExports, namespace, "web");
    await kube.remove(resources.serviceExports, namespace, "api");
    await eventually("the other to end", () => !exported.has("api"));
    await eventually("the export", () => exported.has("web"));
    expect(problems).toEqual([]);
  });
}
