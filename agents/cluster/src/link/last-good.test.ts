// The last good state in the cluster: what is written is what is read, whole or not at all, and never as more than it is.

import { randomBytes } from "node:crypto";
import type { MergedService, ShardId } from "@sealane/core";
import { ShardTable, encodeValue } from "@sealane/wire";
import { expect, onTestFinished, test, vi } from "vitest";
import type { KubeClient } from "../kube/client.ts";
import { createKubeClient } from "../kube/client.ts";

import { startFakeApiServer } from "../kube/testing/fake-api-server.ts";
import { withRequest } from "../kube/testing/harness.ts";
import { eventually } from "../kube/testing/wait.ts";
import type { Standing } from "./last-good-form.ts";
import { lastGoodSecretName, pieceSecretName, readLastGood } from "./last-good-read.ts";
import { LastGoodWriter } from "./last-good-write.ts";
import { readSecret, readStoredSecret, writeSecret } from "./secrets.ts";

const namespace = "sealane-system";
const owner = { cluster: "a", authority: "hash" };
const imports: ShardId = { kind: "import", origin: "", namespace: "shop" };
const nodes: ShardId = { kind: "node", origin: "b", namespace: "" };

const service: MergedService = {
  type: "ClusterSetIP",
  owner: "b",
  ports: [],
  ipFamilies: ["IPv4"],
  sessionAffinity: "None",
  sessionAffinityTimeoutSeconds: 0,
  internalTrafficPolicy: "Cluster",
  trafficDistribution: "",
  labels: {},
  annotations: {},
  exporters: [],
};

/** A node whose value is about this large and does not compress. */
const nodeOf = (bytes: number): Uint8Array =>
  encodeValue("node", {
    addresses: [],
    podPrefixes: [],
    ready: true,
    zone: randomBytes(bytes / 2).toString("hex"),
  });

function receivedTable(): ShardTable {
  const table = new ShardTable();
  table.put(imports, "web", encodeValue("import", service), 5n, { epoch: 7n, sequence: 3n });
  table.complete(imports, { epoch: 7n, sequence: 3n });
  // One that the hub has not said to its end.
  table.put(nodes, "b1", nodeOf(10), 6n, { epoch: 7n, sequence: 4n });
  return table;
}

async function startApi(): Promise<KubeClient> {
  const api = await startFakeApiServer({ crds: "served" });
  const client = createKubeClient(api.admin);
  onTestFinished(async () => {
    await client.close();
    await api.close();
  });
  return client;
}

function write(
  client: KubeClient,
  received: ShardTable,
  epoch: bigint,
  standing: Standing | "none" = "none",
) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const problems: string[] = [];
  const writer = new LastGoodWriter({
    client,
    namespace,
    term: { epoch, signal: stop.signal, isCurrent: () => !stop.signal.aborted },
    owner,
    received,
    standing,
    onProblem: (error) => problems.push(error.message),
    intervalMs: 10,
  });
  // The hub has said all, unless a case says otherwise.
  writer.confirm();
  return { writer, problems, stop };
}

const head = async (client: KubeClient): Promise<Record<string, string>> =>
  (await readSecret(client, namespace, lastGoodSecretName)) ?? {};

const keeps = (client: KubeClient, standing: Standing, epoch: bigint) =>
  eventually(`a ${standing} state of epoch ${epoch}`, async () => {
    const found = await head(client);
    return found["standing"] === standing && found["epoch"] === String(epoch);
  });

async function read(client: KubeClient, of = owner) {
  const problems: string[] = [];
  const found = await readLastGood(client, namespace, of, (error) => problems.push(error.message));
  return { ...found, problems };
}

test("what was received is read back with positions, sums and completeness, by the same cluster of the same hub", async () => {
  const client = await startApi();
  const received = receivedTable();
  write(client, received, 1n).writer.note();
  await keeps(client, "current", 1n);
  const found = await read(client);
  expect([found.standing, found.problems]).toEqual(["current", []]);
  expect(found.received.states()).toEqual(received.states());
  expect(found.view.import("shop", "web")).toEqual(service);
  expect([found.view.complete(imports), found.view.complete(nodes)]).toEqual([true, false]);
  for (const other of [
    { ...owner, cluster: "c" },
    { ...owner, authority: "other" },
  ]) {
    const foreign = await read(client, other);
    expect([foreign.standing, foreign.received.states()]).toEqual(["none", []]);
    expect(foreign.problems).toEqual([
      expect.stringMatching(/is not used: (it is that of cluster "a"|another hub said it)/),
    ]);
  }
});

test("nothing kept is nothing, and no problem", async () => {
  const found = await read(await startApi());
  expect([found.standing, found.received.states(), found.problems]).toEqual(["none", [], []]);
});

test("a change marks the state as behind before the new one is written, and a later leader goes on from there", async () => {
  const client = await startApi();
  const received = receivedTable();
  const first = write(client, received, 1n);
  first.writer.note();
  await keeps(client, "current", 1n);
  const seen: string[] = [];
  const watching = withRequest(client, async (method, path, options) => {
    const answer = await client.request(method, path, options);
    if (method === "PUT") seen.push(`${path.split("/").at(-1)} ${(await head(client))["standing"]}`);
    return answer;
  });
  first.stop.abort();
  const second = write(watching, received, 2n, "current");
  received.put(imports, "api", encodeValue("import", service), 8n, { epoch: 7n, sequence: 5n });
  second.writer.note();
  await keeps(client, "current", 2n);
  const puts = [
    `${lastGoodSecretName} behind`,
    `${pieceSecretName(0)} behind`,
    `${lastGoodSecretName} current`,
  ];
  await vi.waitFor(() => expect(seen).toEqual(puts));
  expect((await read(client)).received.states()).toEqual(received.states());
});

test("changes while a state is written leave it behind until the next is", async () => {
  const client = await startApi();
  const received = receivedTable();
  const busy = { writer: undefined as LastGoodWriter | undefined, times: 3 };
  const changing = withRequest(client, (method, path, options) => {
    if (path.endsWith(pieceSecretName(0)) && busy.times-- > 0) busy.writer?.note();
    return client.request(method, path, options);
  });
  busy.writer = write(changing, received, 1n).writer;
  busy.writer.note();
  await keeps(client, "behind", 1n);
  await keeps(client, "current", 1n);
  expect((await read(client)).received.states()).toEqual(received.states());
});

test("what changes before the write is in it, and one write is enough", async () => {
  const client = await startApi();
  const writes: string[] = [];
  const counting = withRequest(client, (method, path, options) => {
    if (method === "POST" || method === "PUT") writes.push(method);
    return client.request(method, path, options);
  });
  const { writer } = write(counting, receivedTable(), 1n);
  writer.note();
  await new Promise(setImmediate);
  writer.note();
  await keeps(client, "current", 1n);
  expect((await read(client)).standing).toBe("current");
  // A Secret that is not there is tried to be replaced, and then made.
  expect(writes).toEqual(["PUT", "POST", "POST"]);
});

test("a state that was marked as behind is confirmed by being written anew", async () => {
  const client = await startApi();
  const received = receivedTable();
  const first = write(client, received, 1n);
  first.writer.note();
  await keeps(client, "current", 1n);
  first.stop.abort();
  await writeSecret(client, namespace, lastGoodSecretName, { ...(await head(client)), standing: "behind" });
  expect((await read(client)).standing).toBe("behind");
  write(client, received, 2n, "behind").writer.confirm();
  await keeps(client, "current", 2n);
});

test("what the hub has not said to its end is kept as behind, again in each session", async () => {
  const client = await startApi();
  const { writer } = write(client, receivedTable(), 1n);
  writer.interrupt();
  writer.note();
  await keeps(client, "behind", 1n);
  writer.confirm();
  await keeps(client, "current", 1n);
  writer.interrupt();
  writer.note();
  await keeps(client, "behind", 1n);
  writer.confirm();
  await keeps(client, "current", 1n);
  expect((await read(client)).view.import("shop", "web")).toEqual(service);
});

test("a large state travels in pieces, and one that lost or changed a piece is not used at all", async () => {
  const client = await startApi();
  const received = receivedTable();
  for (let index = 0; index < 12; index++)
    received.put(nodes, `big-${index}`, nodeOf(240_000), 1n, { epoch: 7n, sequence: 9n });
  write(client, received, 1n).writer.note();
  await keeps(client, "current", 1n);
  expect(Number((await head(client))["pieces"])).toBeGreaterThan(1);
  expect((await read(client)).received.states()).toEqual(received.states());

  const second = (await readStoredSecret(client, namespace, pieceSecretName(1)))?.values.get("shards");
  const broken = Buffer.from(second ?? []);
  broken[100] = (broken[100] ?? 0) ^ 1;
  await writeSecret(client, namespace, pieceSecretName(1), { shards: broken });
  const damaged = await read(client);
  expect([damaged.standing, damaged.received.states()]).toEqual(["none", []]);
  expect(damaged.problems).toEqual([
    expect.stringMatching(/is not used: its pieces have the sum [0-9a-f]{64}, and its head says/),
  ]);

  await writeSecret(client, namespace, pieceSecretName(1), {});
  expect((await read(client)).problems).toEqual([
    expect.stringContaining(`${pieceSecretName(1)} is missing or has no key "shards"`),
  ]);
});

test("more than may be kept is not kept, and said", async () => {
  const client = await startApi();
  const received = receivedTable();
  write(client, received, 1n).writer.note();
  await keeps(client, "current", 1n);
  for (let index = 0; index < 60; index++)
    received.put(nodes, `big-${index}`, nodeOf(240_000), 1n, { epoch: 7n, sequence: 9n });
  const { writer, problems } = write(client, received, 2n, "current");
  writer.note();
  await eventually("the finding", () => writer.findings().length > 0);
  expect(writer.findings()).toEqual([
    expect.objectContaining({
      reason: "LastGoodNotKept",
      message: expect.stringContaining("more than 6144 KiB, compressed"),
    }),
  ]);
  expect(problems).toHaveLength(1);
  await eventually("the old state to be gone", async () => (await head(client))["pieces"] === "0");
  expect((await read(client)).standing).toBe("none");
});

test("a leader that was superseded writes nothing more", async () => {
  const client = await startApi();
  const newer = write(client, receivedTable(), 5n);
  newer.writer.note();
  await keeps(client, "current", 5n);
  newer.stop.abort();
  const before = (await readStoredSecret(client, namespace, lastGoodSecretName))?.resourceVersion;
  const asked: string[] = [];
  const counting = withRequest(client, (method, path, options) => {
    asked.push(`${method} ${path.split("/").at(-1)}`);
    return client.request(method, path, options);
  });
  const older = write(counting, receivedTable(), 4n, "current");
  older.writer.note();
  await eventually("the look at the head", () => asked.includes(`GET ${lastGoodSecretName}`));
  older.writer.note();
  expect((await readStoredSecret(client, namespace, lastGoodSecretName))?.resourceVersion).toBe(before);
  expect(asked).toEqual([`GET ${lastGoodSecretName}`]);
});

test("an API server that refuses is told once and tried again", async () => {
  const client = await startApi();
  let denied = true;
  const refusing = withRequest(client, async (method, path, options) => {
    if (denied && method !== "GET" && path.includes(pieceSecretName(0))) {
      denied = false;
      throw new Error("refused");
    }
    return client.request(method, path, options);
  });
  const { writer, problems } = write(refusing, receivedTable(), 1n);
  writer.note();
  await keeps(client, "current", 1n);
  expect(problems).toEqual(["The last good state is not kept: refused"]);
  expect(writer.findings()).toEqual([]);
});
