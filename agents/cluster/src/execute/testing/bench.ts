// A cluster with observer and executor running in it, for the executor's contract: what cases need of it, whatever the
// form, and the form that is an API server.

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
import { followApiServer } from "../../observe/follow.ts";
import { Observer } from "../../observe/observer.ts";
import type { DeclaredRanges } from "../../observe/ranges.ts";
import { Executor } from "../executor.ts";
import type { ClusterExecutor } from "../port.ts";
import { TestView } from "./test-view.ts";

let count = 0;

const limits = { backoff: { minMs: 5, maxMs: 100 } };

/** One term of an agent. */
export interface Running {
  readonly term: AbortController;
  readonly view: TestView;
  readonly executor: ClusterExecutor;
}

/** A cluster with observer and executor running in it. */
export interface Bench extends Running {
  readonly kube: Fixtures;
  readonly namespace: string;
  /** What was written, in order, since the last call. */
  writes(): readonly string[];
  /** How `writes` names a change of this slice of the import "web". */
  sliceWrite(slice: string): string;
  /** How `writes` begins when the import "web" is taken away. */
  readonly removal: string;
  /** How many Events of this reason people were told. */
  events(reason: string): Promise<number>;
  settled(): Promise<void>;
  /** Ends the term and starts another that knows nothing of the hub yet. */
  restart(declared?: DeclaredRanges): Promise<void>;
}

/** A form under test: a cluster without objects, and terms in it. */
export interface BenchForm extends Pick<Bench, "kube" | "writes" | "sliceWrite" | "events"> {
  readonly removal: string;
  lead(declared: DeclaredRanges): Promise<Running>;
  close(): Promise<void>;
}

/** Runs before and after each test; gives the bench of the running one. */
export function executorBench(start: (namespace: string) => Promise<BenchForm>): () => Bench {
  let form: BenchForm;
  let bench: Bench;

  beforeEach(async () => {
    const namespace = `shop-${process.pid}-${count++}`;
    form = await start(namespace);
    bench = {
      ...form,
      ...(await form.lead({})),
      namespace,
      settled: () => eventually("the executor to be idle", () => bench.executor.idle, 20_000),
      restart: async (declared = {}) => {
        bench.term.abort();
        bench = { ...bench, ...(await form.lead(declared)) };
      },
    };
  });

  afterEach(async () => {
    bench.term.abort();
    await form.close();
  });
  return () => bench;
}

/** The form that is an API server, be it the real one or the fake. */
export async function apiServerForm(harness: Harness, namespace: string): Promise<BenchForm> {
  const admin: KubeClient = createKubeClient(harness.admin);
  const kube = fixtures(admin);
  await kube.installCrds();
  const client = recordingClient(createKubeClient(harness.admin));
  const isWrite = (each: string): boolean => !each.startsWith("LIST") && !each.startsWith("WATCH");
  return {
    kube,
    writes: () => client.asked.splice(0).filter(isWrite),
    sliceWrite: (slice) => `PUT /apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${slice}`,
    removal: "DELETE /apis/multicluster.x-k8s.io/",
    events: async (reason) => {
      const all = await kube.list(resources.events, namespace);
      return all.filter((each) => each["reason"] === reason).length;
    },
    lead: (declared) => lead(client, declared),
    close: async () => {
      await client.close();
      await kube.remove(resources.serviceExports, namespace, "web");
      await kube.remove(resources.namespaces, "", namespace);
      await admin.close();
      await harness.close();
    },
  };
}

/** Starts everything at once, as an agent does: what is known first differs from run to run. */
async function lead(client: RecordingClient, declared: DeclaredRanges): Promise<Running> {
  const term = new AbortController();
  const view = new TestView();
  const hooks: { executor?: Executor } = {};
  const observer = new Observer(
    {
      follow: followApiServer(client, limits),
      cluster: "b",
      declared,
      onFacts: () => {},
      onComplete: () => {},
      onSynced: () => {},
      onExport: (namespace, name) => hooks.executor?.touchExport(namespace, name),
      onSelection: (namespace, name) => hooks.executor?.touchSelected(namespace, name),
      onNamespace: (name) => hooks.executor?.touchNamespace(name),
      onServiceFamilies: () => hooks.executor?.touchAll(),
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
