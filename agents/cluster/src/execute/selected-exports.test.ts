// Selected exports against the fake API server; what a refused write costs, and what people are told of it.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKubeClient } from "../kube/client.ts";
import { EventRecorder } from "../kube/events.ts";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeApiServer } from "../kube/testing/fake-api-server.ts";
import { FakeRefusal } from "../kube/testing/fake-objects.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import { recordingClient } from "../kube/testing/harness.ts";
import { eventually } from "../kube/testing/wait.ts";
import { followApiServer } from "../observe/follow.ts";
import { Observer } from "../observe/observer.ts";
import { TermOver } from "./own-kind.ts";
import { SelectedExports } from "./selected-exports.ts";
import { apiServerForm } from "./testing/bench.ts";
import { selectedContract } from "./testing/selected-contract.ts";

describe("selected exports, fake API server", () => {
  selectedContract(async (name) => apiServerForm(await startFakeApiServer({ crds: "missing" }), name));
});

describe("selected exports that are refused", () => {
  const shop = { annotations: { "sealane.dev/export-selector": "tier=web" } };
  let server: FakeApiServer;
  let stop: AbortController;

  beforeEach(async () => {
    server = await startFakeApiServer({ crds: "served" });
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    await server.close();
  });

  /** A cluster with one Service to be exported, observed, and the writer alone. */
  async function start(leads: () => boolean = () => true) {
    const client = recordingClient(createKubeClient(server.admin));
    const kube = fixtures(client);
    await kube.create(resources.namespaces, "", "shop", {}, shop);
    await kube.create(resources.services, "shop", "web", { spec: {} }, { labels: { tier: "web" } });
    const observer = new Observer(
      {
        follow: followApiServer(client),
        cluster: "b",
        declared: {},
        onFacts: () => {},
        onComplete: () => {},
        onSynced: () => {},
      },
      stop.signal,
    );
    await eventually("everything to be listed", () => observer.synced);
    const events = new EventRecorder(client, { instance: "test" }, stop.signal);
    const term = { signal: stop.signal, isCurrent: leads };
    const writer = new SelectedExports({ client, term, cluster: observer, events });
    return { client, kube, writer, key: [...writer.names()][0]! };
  }

  test("the error is thrown for the queue to try again, and the Service's owner is told once", async () => {
    const { kube, writer, key } = await start();
    const undo = server.deny(({ method, collection }) =>
      method === "POST" && collection.endsWith("/serviceexports")
        ? new FakeRefusal(403, "Forbidden", "exceeded quota: exports")
        : undefined,
    );
    await expect(writer.write(key)).rejects.toThrow("exceeded quota: exports");
    await expect(writer.write(key)).rejects.toThrow("exceeded quota: exports");
    await eventually("the Event", async () => (await kube.list(resources.events, "shop")).length === 1);
    const [event] = await kube.list(resources.events, "shop");
    expect(event).toMatchObject({ reason: "WriteFailed", regarding: { kind: "Service", name: "web" } });
    undo();
    await writer.write(key);
    expect(await kube.list(resources.serviceExports, "shop")).toHaveLength(1);
    expect(await kube.list(resources.events, "shop")).toHaveLength(1);
  });

  test("one that somebody made a moment ago is left alone, without a complaint", async () => {
    const { kube, writer, key } = await start();
    await kube.create(resources.serviceExports, "shop", "web");
    await writer.write(key);
    expect((await kube.get(resources.serviceExports, "shop", "web"))?.metadata.labels).toBeUndefined();
    expect(await kube.list(resources.events, "shop")).toEqual([]);
  });

  test("nothing is sent once the term is over", async () => {
    const { client, writer, key } = await start(() => false);
    client.asked.length = 0;
    await expect(writer.write(key)).rejects.toThrow(TermOver);
    expect(client.asked.filter((each) => !each.startsWith("WATCH"))).toEqual([]);
  });
});
