// One pass over a cluster's names: what is written, what is left alone, what is proven and what is told; over
// HTTP to a fake API server, with replicas that say what they serve.

import type { DesiredNames, Stub } from "@sealane/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KubeClient } from "../kube/client.ts";
import { createKubeClient } from "../kube/client.ts";
import type { Answer } from "./beacon.ts";
import type { ConfigMapAccess } from "./config-maps.ts";
import { configMapAccess } from "./config-maps.ts";
import type { FakeApi } from "./fake-api.ts";
import { startFakeApi } from "./fake-api.ts";
import { judgePeers } from "./judge.ts";
import { startNamesLoop } from "./names-loop.ts";
import type { DnsSurroundings, NamesReport, PublishPorts } from "./publish.ts";
import { publishNames } from "./publish.ts";
import type { Replica } from "./rollout.ts";
import { proveRollout } from "./rollout.ts";

const stub = (cluster: string, ...addresses: string[]): Stub => ({
  zone: `${cluster}.mesh.example`,
  meshZone: "mesh.example",
  addresses,
  port: 1053,
});
const names: DesiredNames = { own: stub("a", "10.101.0.53"), peers: [stub("b", "10.102.0.53"), stub("c")] };
const replica = (name: string, address: string): Replica => ({ name, address, port: 53 });
const around: DnsSurroundings = {
  namespace: "sealane-system",
  ownAddresses: ["10.101.0.53"],
  replicas: [replica("mesh-dns-1", "10.1.0.5"), replica("mesh-dns-2", "10.1.1.5")],
  clusterDns: {
    configMap: { namespace: "kube-system", name: "coredns" },
    version: [1, 15, 0],
    addresses: ["10.96.0.10"],
  },
};
const corefile = ".:53 {\n    errors\n    kubernetes cluster.local\n}\n";
const answered: Answer = { kind: "records", records: ["ns.mesh.example hostmaster.mesh.example 1"] };

let api: FakeApi;
let client: KubeClient;
let ports: PublishPorts;
/** Replicas that serve something else than what was written. */
let stuck: Map<string, string>;

beforeEach(async () => {
  api = await startFakeApi();
  api.put("kube-system", "coredns", { Corefile: corefile, "Corefile-backup": "keep me" });
  client = createKubeClient({
    server: api.url,
    tls: {},
    authorization: async () => undefined,
    forget: () => {},
  });
  stuck = new Map();
  ports = {
    configMaps: configMapAccess(client),
    ask: async (_, { address }) => {
      const beacon = judgePeers(api.get("sealane-system", "mesh-dns-peers")?.data["Corefile"] ?? "");
      const generation = stuck.get(address) ?? ("generation" in beacon ? beacon.generation : "");
      return generation === "" ? { kind: "silent", code: "ETIMEOUT" } : { kind: "generation", generation };
    },
    probe: async () => answered,
  };
});
afterEach(async () => {
  await client.close();
  await api.close();
});

const reasons = (report: NamesReport) => report.findings.map(({ subject, reason }) => `${subject} ${reason}`);
const versions = () =>
  [
    ["sealane-system", "mesh-dns-front"],
    ["sealane-system", "mesh-dns-peers"],
    ["kube-system", "coredns"],
  ].map(([namespace = "", name = ""]) => api.get(namespace, name)?.metadata.resourceVersion);

test("a first pass writes both configurations and the stub, proves them, and counts", async () => {
  const report = await publishNames(names, around, ports);
  expect(report).toMatchObject({
    desired: 3,
    observed: 2,
    generation: expect.stringMatching(/^[0-9a-f]{8}$/),
  });
  expect(reasons(report)).toEqual(["c.mesh.example PeerAddressUnknown"]);
  expect(report.replicas.map(({ state }) => state.kind)).toEqual(["live", "live"]);
  expect(api.get("sealane-system", "mesh-dns-peers")).toMatchObject({
    metadata: {
      labels: { "app.kubernetes.io/managed-by": "sealane" },
      annotations: { "sealane.dev/owner": "sealane-agent" },
    },
    data: { Corefile: expect.stringContaining(`TXT ${report.generation}`) },
  });
  expect(api.get("sealane-system", "mesh-dns-front")?.data["Corefile"]).toContain(
    "a.mesh.example:53 a.mesh.example:1053 {",
  );
  expect(api.get("kube-system", "coredns")).toMatchObject({
    metadata: { labels: {}, annotations: {} },
    data: {
      Corefile: expect.stringContaining("mesh.example:53 clusterset.local:53 {"),
      "Corefile-backup": "keep me",
    },
  });
});

test("a second pass writes nothing", async () => {
  await publishNames(names, around, ports);
  const before = versions();
  await publishNames(names, around, ports);
  expect(versions()).toEqual(before);
});

test.each([
  ["the own zone is unknown", { ...names, own: undefined }, around],
  ["mesh-dns has no address", names, { ...around, ownAddresses: [] }],
])("while %s nothing is written or taken away", async (_, wished, seen) => {
  await publishNames(names, around, ports);
  const before = versions();
  const report = await publishNames(wished, seen, ports);
  expect(reasons(report)).toEqual(["mesh-dns NamesUnknown"]);
  expect(report.observed).toBe(0);
  expect(versions()).toEqual(before);
});

test("a write that somebody else overtook is made again from what they wrote", async () => {
  let overtaken = 0;
  const configMaps: ConfigMapAccess = {
    ...ports.configMaps,
    writeConfigMap: (write) => {
      if (write.name === "coredns" && overtaken++ === 0)
        api.put("kube-system", "coredns", { Corefile: `# mine\n${corefile}` });
      return ports.configMaps.writeConfigMap(write);
    },
  };
  await publishNames(names, around, { ...ports, configMaps });
  const text = api.get("kube-system", "coredns")?.data["Corefile"] ?? "";
  expect(text.startsWith(`# mine\n${corefile}mesh.example:53`)).toBe(true);
  expect(overtaken).toBe(2);
});

test("an agent told to be silent writes nothing", async () => {
  await publishNames(names, around, ports, AbortSignal.abort());
  expect(api.get("sealane-system", "mesh-dns-peers")).toBeUndefined();
  expect(api.get("kube-system", "coredns")?.data["Corefile"]).toBe(corefile);
});

test("an object of our name that is not ours is left alone and told", async () => {
  api.put("sealane-system", "mesh-dns-front", { Corefile: "theirs" });
  const report = await publishNames(names, around, ports);
  expect(reasons(report)).toContain("sealane-system/mesh-dns-front ObjectNotOurs");
  expect(api.get("sealane-system", "mesh-dns-front")?.data).toEqual({ Corefile: "theirs" });
});

test("a person's own forwarding is left alone, and told only while it does not answer", async () => {
  const theirs = "mesh.example:53 {\n    forward . 10.101.0.53\n}\n";
  api.put("kube-system", "coredns", { Corefile: theirs });
  expect(reasons(await publishNames(names, around, ports))).toEqual(["c.mesh.example PeerAddressUnknown"]);
  const dead: PublishPorts = {
    ...ports,
    probe: async (name) => (name === "mesh.example" ? { kind: "noName" } : answered),
  };
  const report = await publishNames(names, around, dead);
  expect(reasons(report)).toEqual([
    "c.mesh.example PeerAddressUnknown",
    "kube-system/coredns ZoneForeign",
    "10.96.0.10 ClusterDnsNotForwarding",
  ]);
  expect(api.get("kube-system", "coredns")?.data["Corefile"]).toBe(theirs);
});

test(
  "a replica with an old configuration is named, and its names do not count",
  { timeout: 10_000 },
  async () => {
    stuck.set("10.1.1.5", "01d01d00");
    const report = await publishNames(names, around, ports);
    expect(report.replicas.map(({ state }) => state.kind)).toEqual(["live", "otherGeneration"]);
    expect(reasons(report)).toContain("mesh-dns-2 ReplicaNotLive");
    expect(report.findings.at(-1)?.message).toMatch(/"mesh-dns-2" at 10\.1\.1\.5 serves 01d01d00/);
    expect(report.observed).toBe(1);
  },
);

test("without replicas nothing is observed, and that is told", async () => {
  const report = await publishNames(names, { ...around, replicas: [] }, ports);
  expect(reasons(report)).toContain("mesh-dns ReplicaMissing");
  expect(report.observed).toBe(0);
});

test("an API server that is away is told, and nothing is thrown", async () => {
  const away = createKubeClient(
    { server: "http://127.0.0.1:1", tls: {}, authorization: async () => undefined, forget: () => {} },
    { attemptsMax: 1 },
  );
  const report = await publishNames(
    names,
    { ...around, replicas: [] },
    { ...ports, configMaps: configMapAccess(away) },
  );
  expect(reasons(report).filter((reason) => reason.endsWith("WriteFailed"))).toHaveLength(3);
  await away.close();
});

test("a rollout is proven for each replica alone, and ends when the last is live", async () => {
  const askedAt = new Map<string, number>();
  const states = await proveRollout(
    { meshZone: "mesh.example", generation: "new00000", replicas: around.replicas, deadlineMs: 3_000 },
    async (_, { address }) => {
      askedAt.set(address, (askedAt.get(address) ?? 0) + 1);
      const late = address === "10.1.1.5" && askedAt.get(address) !== 3;
      return late ? { kind: "silent", code: "ECONNREFUSED" } : { kind: "generation", generation: "new00000" };
    },
  );
  expect(states.map(({ state }) => state.kind)).toEqual(["live", "live"]);
  expect([...askedAt.values()]).toEqual([1, 3]);
});

test("the loop repairs what somebody undid, and a newer wish does not wait for an older one's proof", async () => {
  const reports: NamesReport[] = [];
  const ended = new AbortController();
  const loop = startNamesLoop(
    {
      surroundings: async () => around,
      ports,
      onReport: (report) => reports.push(report),
      onError: (error) => expect.unreachable(error.message),
      quietMs: 50,
    },
    ended.signal,
  );
  loop.offer(names);
  await vi.waitFor(() => expect(reports.length).toBeGreaterThan(0));
  api.put("kube-system", "coredns", { Corefile: corefile });
  await vi.waitFor(() =>
    expect(api.get("kube-system", "coredns")?.data["Corefile"]).toContain("clusterset.local:53"),
  );
  stuck.set("10.1.1.5", "01d01d00");
  loop.offer({ ...names, peers: [] });
  await vi.waitFor(() =>
    expect(api.get("sealane-system", "mesh-dns-peers")?.data["Corefile"]).not.toContain("b.mesh.example"),
  );
  stuck.clear();
  loop.offer({ ...names, peers: [stub("d", "10.104.0.53")] });
  await vi.waitFor(
    () => expect(reports.at(-1)).toMatchObject({ desired: 2, observed: 2, findings: [] }),
    2_000,
  );
  ended.abort();
});

test("an edit is put right as soon as it is seen, and told with its line; the operator's own lines are no edit", async () => {
  const told: string[] = [];
  const ended = new AbortController();
  const onTexts: ((name: { namespace: string; name: string }, text: string | undefined) => void)[] = [];
  const loop = startNamesLoop(
    {
      surroundings: async () => around,
      ports: { ...ports, onRepaired: ({ configMap, field }) => told.push(`${configMap.name}: ${field}`) },
      onReport: () => undefined,
      onError: (error) => expect.unreachable(error.message),
      watch: (onText) => void onTexts.push(onText),
      quietMs: 60_000,
    },
    ended.signal,
  );
  const at = (namespace: string, name: string) => api.get(namespace, name)?.data["Corefile"] ?? "";
  const edit = (namespace: string, name: string, text: string): void => {
    api.put(namespace, name, { Corefile: text });
    for (const onText of onTexts) onText({ namespace, name }, text);
  };
  loop.offer(names);
  await vi.waitFor(() => expect(at("kube-system", "coredns")).toContain("clusterset.local:53"));
  const stubbed = at("kube-system", "coredns");
  const peers = at("sealane-system", "mesh-dns-peers");

  edit("kube-system", "coredns", stubbed.replace("forward . 10.101.0.53", "forward . 192.0.2.1"));
  await vi.waitFor(() => expect(at("kube-system", "coredns")).toBe(stubbed));
  edit("sealane-system", "mesh-dns-peers", peers.replace("max_fails 1", "max_fails 9"));
  await vi.waitFor(() => expect(at("sealane-system", "mesh-dns-peers")).toBe(peers));
  edit("kube-system", "coredns", corefile);
  await vi.waitFor(() => expect(at("kube-system", "coredns")).toBe(stubbed));
  edit("kube-system", "coredns", stubbed.replace("    errors", "    errors\n    log"));
  loop.offer({ ...names, peers: [] });
  await vi.waitFor(() => expect(at("sealane-system", "mesh-dns-peers")).not.toContain("b.mesh.example"));
  expect(told).toEqual([
    'coredns: our block in data.Corefile, line "forward . 192.0.2.1 {"',
    'mesh-dns-peers: data.Corefile, line "max_fails 9"',
    "coredns: our block in data.Corefile was deleted",
  ]);
  ended.abort();
});
