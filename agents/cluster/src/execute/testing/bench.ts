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
import type { DeclaredRanges } from "../../observe/ranges.ts";
import { Executor } from "../executor.ts";
import { TestView } from "./test-view.ts";

let count = 0;

const limits = { backoff: { minMs: 5, maxMs: 100 } };

/** One term of an agent. */
interface Running {
  readonly term: AbortController;
  readonly view: TestView;
  readonly executor: Executor;
}

/** A cluster with observer and executor running in it. */
export interface Bench extends Running {
  readonly kube: Fixtures;
  readonly client: RecordingClient;
  readonly namespace: string;
  /** Requests that wrote, since the last call. */
  writes(): readonly string[];
  settled(): Promise<void>;
  /** Ends the term and starts another that knows nothing of the hub yet. */
  restart(declared?: DeclaredRanges): Promise<void>;
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
    const isWrite = (each: string): boolean => !each.startsWith("LIST") && !each.startsWith("WATCH");
    bench = {
      ...(await lead(client)),
      kube,
      client,
      namespace: `shop-${process.pid}-${count++}`,
      writes: () => client.asked.splice(0).filter(isWrite),
      settled: () => eventually("the executor to be idle", () => bench.executor.idle, 20_000),
      restart: async (declared) => {
        bench.term.abort();
        bench = { ...bench, ...(await lead(client, declared)) };
      },
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

/** Starts everything at once, as an agent does: what is known first differs from run to run. */
async function lead(client: RecordingClient, declared: DeclaredRanges = {}): Promise<Running> {
  const term = new AbortController();
  const view = new TestView();
  const hooks: { executor?: Executor } = {};
  const observer = new KubernetesObserver(
    {
      client,
      cluster: "b",
      declared,
      onFacts: () => {},
      onComplete: () => {},
      onSynced: () => {},
      onExport: (namespace, name) => hooks.executor?.touchExport(namespace, name),
      onNamespace: (name) => hooks.executor?.touchNamespace(name),
      limits,
    },
    term.signal,
  );
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
  await eventually("everything to be listed", () => observer.synced && executor.synced, 20_000);
  return { term, view, executor };
}
