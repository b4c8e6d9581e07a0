// The agent's own leaving with a hub and speakers by hand: begun by the hub's word alone, gone on with after a restart,
// over when the hub refuses the certificate, and then only a new token counts.

import { pino } from "pino";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Departure, View } from "@sealane/core";
import { emptyWorld, viewOf } from "@sealane/core";
import type { Report, SessionState } from "@sealane/wire";
import { createKubeClient } from "../kube/client.ts";
import type { KubeClient } from "../kube/client.ts";
import { resources } from "../kube/resource.ts";
import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import type { FakeApiServer } from "../kube/testing/fake-api-server.ts";
import { fixtures } from "../kube/testing/fixtures.ts";
import type { Agent } from "../leader.ts";
import { LeftMesh, ensureMembership, noRefusals } from "../link/membership.ts";
import { readSecret, writeSecret } from "../link/secrets.ts";
import { makeMetrics } from "../metrics.ts";
import { parseOptions } from "../options.ts";
import { concludeLeaving, followLeaving } from "./leaving.ts";
import type { Leaving } from "./leaving.ts";

const namespace = "sealane-system";
/** A busy machine answers late. */
const patience = { timeout: 10_000 };
const secret = {
  "tls.crt": "cert",
  "tls.key": "key",
  "ca.crt": "ca",
  hub: "192.0.2.1:7443",
  "token-used": "old",
};

let server: FakeApiServer;
let client: KubeClient;
let departure: Departure | undefined;
let reports: Report[];
let problem: string | undefined;

beforeEach(async () => {
  server = await startFakeApiServer({ crds: "served" });
  client = createKubeClient(server.admin);
  departure = undefined;
  reports = [];
  problem = undefined;
  await writeSecret(client, namespace, "sealane-agent", secret);
  await fixtures(client).create(
    resources.services,
    "shop",
    "sealane-x",
    { spec: { ports: [{ port: 80 }] } },
    {
      labels: { "app.kubernetes.io/managed-by": "sealane" },
    },
  );
});

afterEach(async () => {
  await client.close();
  await server.close();
});

function agent(): Agent {
  const options = parseOptions(["node", "agent"], {});
  const showProblem = (text: string | undefined): void => void (problem = text);
  return { options, client, metrics: makeMetrics(), log: pino({ level: "silent" }), showProblem };
}

interface Term {
  readonly leaving: Leaving;
  readonly stopped: () => boolean;
  readonly term: { readonly epoch: bigint; readonly signal: AbortSignal; readonly isCurrent: () => boolean };
}

function start(): Term {
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const term = { epoch: 1n, signal: end.signal, isCurrent: () => true };
  const member = () => ({
    incarnation: "",
    ranges: [],
    asn: 0,
    ...(departure === undefined ? {} : { departure }),
  });
  const view: View = { ...viewOf(emptyWorld()), member };
  let stopped = false;
  const leaving = followLeaving({
    agent: agent(),
    term,
    cluster: "d",
    view,
    nodes: () => ["d1"],
    stopMaking: () => void (stopped = true),
    report: (report) => void reports.push(report),
  });
  return { leaving, term, stopped: () => stopped };
}

const routesOf = (node: string, count: number): Report => ({
  node,
  counts: [{ kind: "routes", desired: count, observed: count }],
  findings: [],
  observedUnixUs: 1n,
});

const refused: SessionState = {
  state: "disconnected",
  error: Object.assign(new Error("revoked"), { code: 16 }),
};
const lost: SessionState = { state: "disconnected", error: Object.assign(new Error("away"), { code: 14 }) };

const services = async (): Promise<number> =>
  (await fixtures(client).list(resources.services, "shop")).length;
const isDone = (): boolean => {
  const count = reports.at(-1)?.counts[0];
  return count?.kind === "departure" && count.desired === count.observed;
};

test("neither a lost session, nor a refusal, nor the others' letting go begins it", async () => {
  const { leaving, stopped } = start();
  departure = "withdrawing";
  leaving.changed();
  expect([leaving.state(lost), leaving.state(refused)]).toEqual([false, false]);
  await new Promise((resolve) => setImmediate(resolve));
  expect([stopped(), await services(), reports]).toEqual([false, 1, []]);
});

test("the hub's word begins it; it is done when speakers have no routes, and over when the hub refuses", async () => {
  const { leaving, term, stopped } = start();
  leaving.heard(routesOf("d1", 0));
  departure = "dismissed";
  leaving.changed();
  await vi.waitFor(async () => expect(await services()).toBe(0), patience);
  expect([stopped(), isDone(), problem]).toEqual([true, false, 'cluster "d" is leaving the mesh']);
  leaving.heard(routesOf("d1", 0));
  await vi.waitFor(() => expect(isDone()).toBe(true), patience);
  expect(reports.at(-1)?.findings.map(({ reason }) => reason)).toContain("LeftBehind");
  expect(leaving.state(lost)).toBe(false);
  expect(leaving.state(refused)).toBe(true);
  expect(await leaving.left).toBe("left");

  await concludeLeaving(agent(), term, "d");
  expect(await readSecret(client, namespace, "sealane-agent")).toEqual({ left: "d", "token-used": "old" });
  const query = {
    namespace,
    nowUnixMs: 0,
    refusals: noRefusals,
    onProblem: () => undefined,
    signal: term.signal,
  };
  await expect(ensureMembership(client, query)).rejects.toBeInstanceOf(LeftMesh);
  await writeSecret(client, namespace, "sealane-join", { hub: "192.0.2.1:7443", token: "old" });
  await expect(ensureMembership(client, query)).rejects.toThrow(
    /left the mesh as "d".*sealane token create d/,
  );
  await writeSecret(client, namespace, "sealane-join", { hub: "192.0.2.1:7443", token: "new" });
  await expect(ensureMembership(client, query)).rejects.not.toBeInstanceOf(LeftMesh);
});

test("a leader that follows goes on with it before the hub is heard", async () => {
  const first = start();
  departure = "dismissed";
  first.leaving.changed();
  await vi.waitFor(
    async () => expect(await readSecret(client, namespace, "sealane-agent")).toHaveProperty("leaving"),
    patience,
  );
  departure = undefined;
  const next = start();
  await vi.waitFor(() => expect(next.stopped()).toBe(true), patience);
});
