// A cluster with observer and executor running in it, for the executor's contract.

import { afterEach, beforeEach } from "vitest";
import { createKubeClient } from "../../kube/client.ts";
import type { KubeClient } from "../../kube/client.ts";
import { EventRecorder } from "../../kube/events.ts";
import { resources } from "../../kube/resource.ts";
import { fixtures } from "../../kube/testing/fixtures.ts";
import type { Fixtures } from "../../kube/testing/fixtures.ts";
import { recordingClient } from "../../kube/testing/harness.ts";
import type { Harness, RecordingClient } from "../../kube/testing/harness.ts";
import { eventually } from "../../kube/testing/wait.ts";
import { KubernetesObserver } from "../../observe/observer.ts";
import { Executor } from "../executor.ts";
import { TestView } from "./test-view.ts";

let count = 0;

const limits = { backoff: { minMs: 5, maxMs: 100 } };

/** A cluster with observer and executor running in it. */
export interface Bench {
  readonly kube: Fixtures;
  readonly view: TestView;
  readonly client: RecordingClient;
  readonly executor: Executor;
  readonly namespace: string;
  readonly term: AbortController;
  /** Requests that wrote, since the last call. */
  writes(): readonly string[];
  settled(): Promise<void>;
}

/** Runs before and after each test; gives the bench of the running one. */
export function executorBench(start: () => Promise<Harness>): () => Bench {
  let harness: Harness;
  let admin: KubeClient;
  let bench: Bench;

  beforeEach(async () => {
    harness = await start();
    admin = createKubeClient(harness.admin);
    const kube = fixtures(admin);
    await kube.installCrds();
    const client = recordingClient(createKubeClient(harness.admin));
    const term = new AbortController();
    const namespace = `shop-${process.pid}-${count++}`;
    const view = new TestView();
    const hooks: { executor?: Executor } = {};
    const observer = new KubernetesObserver(
      {
        client,
        cluster: "b",
        declared: {},
        onFacts: () => {},
        onComplete: () => {},
        onSynced: () => {},
        onExport: (each, name) => hooks.executor?.touchExport(each, name),
        onNamespace: (name) => hooks.executor?.touchNamespace(name),
        limits,
      },
      term.signal,
    );
    await eventually("the observer to be synced", () => observer.synced, 20_000);
    const executor = new Executor({
      client,
      term: { signal: term.signal, isCurrent: () => !term.signal.aborted },
      clusterName: "b",
      view,
      cluster: observer,
      events: new EventRecorder(client, { instance: "test" }, term.signal),
      onProblem: () => {},
      limits,
    });
    hooks.executor = executor;
    await eventually("the executor to be synced", () => executor.synced, 20_000);
    const isWrite = (each: string): boolean => !each.startsWith("LIST") && !each.startsWith("WATCH");
    bench = {
      kube,
      view,
      client,
      executor,
      namespace,
      term,
      writes: () => client.asked.splice(0).filter(isWrite),
      settled: () => eventually("the executor to be idle", () => executor.idle, 20_000),
    };
  });

  afterEach(async () => {
    bench.term.abort();
    await bench.client.close();
    await bench.kube.remove(resources.serviceExports, bench.namespace, "web");
    await bench.kube.remove(resources.namespaces, "", bench.namespace);
    await admin.close();
    await harness.close();
  });
  return () => bench;
}
