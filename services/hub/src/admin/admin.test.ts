// The administration of a running hub over real gRPC and TLS: the journal of what happened, watching it, its log level.

import * as grpc from "@grpc/grpc-js";
import { adminClient, WatchedKind } from "@sealane/wire";
import type { admin } from "@sealane/wire";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { TestAgent, credentialsOf, join, joinNew } from "../testing/agent.ts";
import { clusterFact, sayCluster } from "../testing/facts.ts";
import type { TestHub } from "../testing/hub.ts";
import { testHub } from "../testing/hub.ts";

const until = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 15_000, interval: 20 });

async function kinds(hub: TestHub, cluster = ""): Promise<readonly string[]> {
  return (await hub.admin.listEvents({ cluster })).events.map(({ kind, reason }) =>
    `${kind} ${reason}`.trim(),
  );
}

it("remembers the life of a cluster: token, join, session, ranges, export, end", async () => {
  const hub = await testHub();
  const certificate = await joinNew(hub, "a");
  const agent = new TestAgent({ address: hub.sessionAddress, cluster: "a", certificate });
  sayCluster(agent, 1);
  await until(async () => expect(await kinds(hub, "a")).toContain("ExportAccepted"));
  agent.client.close();
  await until(async () => expect(await kinds(hub, "a")).toContain("SessionEnded ClusterSilent"));
  expect(await kinds(hub, "a")).toEqual([
    "TokenCreated",
    "TokenUsed",
    "ClusterJoined",
    "SessionOpened",
    "RangeAdmitted",
    "RangeAdmitted",
    "RangeAdmitted",
    "ExportAccepted",
    "SessionEnded ClusterSilent",
  ]);
  expect(await kinds(hub, "b")).toEqual([]);
  const { events, sinceUnixUs } = await hub.admin.listEvents({ withinSeconds: 3_600 });
  expect(events).toHaveLength(9);
  expect(events.every(({ atUnixUs, count }) => atUnixUs >= sinceUnixUs && count === 1)).toBe(true);
  expect(JSON.stringify(events.map(({ message }) => message))).toContain("admin made it");
  const metrics = await (await fetch(`http://${hub.metricsAddress}/metrics`)).text();
  expect(metrics).toContain('sealane_events_total{kind="RangeAdmitted"} 3\n');
  expect(metrics).toContain('sealane_events_total{kind="RangeQuarantined"} 0\n');
});

it("remembers what it refused, each with its reason: joins, sessions, ranges, strangers", async () => {
  const hub = await testHub();
  const a = new TestAgent({
    address: hub.sessionAddress,
    cluster: "a",
    certificate: await joinNew(hub, "a"),
  });
  sayCluster(a, 1);
  const certificate = await joinNew(hub, "b");
  const b = new TestAgent({ address: hub.sessionAddress, cluster: "b", certificate });
  await until(async () => expect(await kinds(hub, "a")).toContain("RangeAdmitted"));
  b.say("cluster", { key: "" }, clusterFact(1));
  b.completeAll("shop");
  const { token, info } = await hub.admin.createToken({ cluster: "c" });
  await hub.admin.revokeToken({ id: info?.id ?? "" });
  await join(hub, token, "c").catch(() => undefined);
  const impostor = new TestAgent({ address: hub.sessionAddress, cluster: "zz", certificate });
  const stranger = adminClient(hub.sessionAddress, grpc.credentials.createSsl(hub.authority));
  onTestFinished(() => stranger.close());
  await stranger.getStatus({}).catch(() => undefined);
  await until(async () => {
    expect(await kinds(hub)).toEqual(
      expect.arrayContaining([
        "RangeQuarantined RangeOverlap",
        "TokenRevoked",
        "JoinRefused JoinFailed",
        "SessionRefused CertificateNotAccepted",
      ]),
    );
    const refused = (await hub.admin.listEvents({})).events.filter(({ kind }) => kind === "SessionRefused");
    expect(refused.map(({ cluster, subject }) => `${subject} ${cluster}`).toSorted()).toEqual([
      "peer ",
      "session zz",
    ]);
  });
  impostor.client.close();
});

it("remembers documents that were refused, from the start and later", async () => {
  const documents = mkdtempSync(path(tmpdir(), "sealane-documents-"));
  onTestFinished(() => rmSync(documents, { recursive: true, force: true }));
  writeFileSync(path(documents, "x.yaml"), "kind: Nonsense\n");
  const hub = await testHub({ documents });
  expect(await kinds(hub)).toEqual(["DocumentRefused DocumentInvalid"]);
  const [event] = (await hub.admin.listEvents({})).events;
  expect(event?.subject).toMatch(/^document\/x\.yaml:\d+$/);
  rmSync(path(documents, "x.yaml"));
  await until(async () => expect(await kinds(hub)).toContain("DocumentsAccepted"));
});

it("streams events as they happen, and ends its streams when it stops", async () => {
  const hub = await testHub();
  const seen: string[] = [];
  let failure: unknown;
  const request = { kind: WatchedKind.EVENTS };
  const reading = (async () => {
    for await (const { items } of hub.admin.watch(request, new AbortController().signal)) {
      for (const { value } of items) if (value.case === "event") seen.push(value.value.kind);
    }
  })().catch((error: unknown) => (failure = error));
  await hub.admin.createToken({ cluster: "a" });
  await until(() => expect(seen).toEqual(["TokenCreated"]));
  const closing = hub.close();
  await reading;
  // Not the end of the grace that calls in flight are given.
  expect(failure).toMatchObject({
    code: grpc.status.UNAVAILABLE,
    details: "The hub is stopping; connect again.",
  });
  await closing;
});

it("keeps watching and planning to people, and setting to operators", async () => {
  const hub = await testHub();
  const client = adminClient(hub.sessionAddress, credentialsOf(await joinNew(hub, "a")));
  onTestFinished(() => client.close());
  const watch = async () => {
    for await (const _ of client.watch({ kind: WatchedKind.EVENTS }, new AbortController().signal))
      return "told";
    return "ended";
  };
  await expect(watch()).rejects.toMatchObject({
    code: grpc.status.PERMISSION_DENIED,
    details: expect.stringContaining('Cluster "a" may not call watch'),
  });
  await expect(client.setLogLevel({ level: "debug" })).rejects.toMatchObject({
    code: grpc.status.PERMISSION_DENIED,
  });
});

it("logs at another level from the moment it is told to, and says who told it", async () => {
  const hub = await testHub();
  expect(await hub.admin.setLogLevel({ level: "warn" })).toMatchObject({ previous: "debug", level: "warn" });
  expect(await hub.admin.getLogLevel({})).toMatchObject({ level: "warn" });
  const before = hub.log.length;
  await hub.admin.getStatus({});
  await hub.admin.createToken({ cluster: "a" });
  expect(hub.log).toHaveLength(before);
  await hub.admin.setLogLevel({ level: "info" });
  await hub.admin.createToken({ cluster: "a" });
  expect(hub.log.at(-1)).toMatchObject({ msg: "admin call", verb: "createToken" });
  await expect(hub.admin.setLogLevel({ level: "loud" })).rejects.toMatchObject({
    code: grpc.status.INVALID_ARGUMENT,
    details: expect.stringContaining('"loud": the level must be one of debug, info, warn, error'),
  });
  const levels = (await hub.admin.listEvents({})).events.filter(
    ({ kind }: admin.Event) => kind === "LogLevelSet",
  );
  expect(levels.map(({ count, message }) => [count, message])).toEqual([
    [2, "admin set the log level from warn to info, until the next start"],
  ]);
});
