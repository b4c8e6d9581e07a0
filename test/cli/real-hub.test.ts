// The command line against a real hub with clusters that join by the tokens it printed, over real sessions.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ExportFact } from "@sealane/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configFolder, follow, invoke } from "./invoke.ts";
import type { MemberFacts, TestMember } from "./member.ts";
import { joinMember } from "./member.ts";
import type { RealHub } from "./real-hub.ts";
import { startRealHub } from "./real-hub.ts";
import { writeConfig } from "./write-config.ts";

const documents = `apiVersion: sealane.dev/v1alpha1
kind: ClusterSet
metadata: { name: main }
spec:
  meshZone: mesh.example
  pools: [{ kind: pod, prefix: 10.240.0.0/12 }]
`;

const web: ExportFact = {
  uid: "6f0d",
  createdAt: 1_700_000_000,
  type: "ClusterSetIP",
  clusterAddresses: ["10.96.0.20"],
  ipFamilies: ["IPv4"],
  ports: [{ name: "http", protocol: "TCP", port: 80, appProtocol: "" }],
  sessionAffinity: "None",
  sessionAffinityTimeoutSeconds: 0,
  internalTrafficPolicy: "Cluster",
  trafficDistribution: "",
  labels: {},
  annotations: {},
  endpoints: "pods",
};

function facts(
  name: string,
  ranges: MemberFacts["cluster"]["ranges"],
  exports: MemberFacts["exports"],
): MemberFacts {
  const pod = { ready: true, serving: true, terminating: false, hostname: "", pod: "web-1" };
  const ports = [{ name: "http", protocol: "TCP", port: 8080, appProtocol: "" }] as const;
  const reach = { zone: "", groups: [{ ports, pods: [{ ...pod, addresses: ["10.244.1.7"] }] }] };
  return {
    cluster: {
      incarnation: `${name}-1`,
      ranges,
      dnsAddresses: [],
      dnsPort: 1053,
      clusterDnsAddresses: [],
      version: "0.1.0",
    },
    nodes: {
      [`${name}1`]: { addresses: [nodeAddress(name)], podPrefixes: [], ready: true, zone: "" },
    },
    namespace: "shop",
    exports,
    reach: Object.keys(exports).length === 0 ? {} : { [`web/${name}1`]: reach },
  };
}

/** 192.0.2.11 for a, .14 for d. */
const nodeAddress = (name: string) => `192.0.2.${name.charCodeAt(0) - 86}`;
const nodeRange = (prefix: string) => ({ prefix, kind: "node", source: "Node/1.status.addresses" }) as const;
const podRange = (prefix: string) => ({ prefix, kind: "pod", source: "Node/1.spec.podCIDRs" }) as const;
const serviceRange = (prefix: string) =>
  ({ prefix, kind: "service", source: "ServiceCIDR/kubernetes" }) as const;

let files: Awaited<ReturnType<typeof configFolder>>;
let real: RealHub;
const members: TestMember[] = [];

beforeAll(async () => {
  files = await configFolder();
  await mkdir(join(files.folder, "documents"));
  await files.write("documents/set.yaml", documents);
  real = await startRealHub(files.folder, join(files.folder, "documents"));
});

afterAll(async () => {
  for (const member of members) member.close();
  await real.hub.close();
  await files.close();
});

const sealane = (...argv: string[]) => invoke(argv, { config: real.adminConfig, at: Date.now() });

async function json(
  ...argv: string[]
): Promise<{ items: Record<string, unknown>[] } & Record<string, unknown>> {
  const { stdout, stderr } = await sealane(...argv, "-o", "json");
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Awaited<ReturnType<typeof json>>;
}

async function joined(name: string, said: MemberFacts): Promise<TestMember> {
  const { stdout } = await sealane("token", "create", name);
  const member = await joinMember(real.hub.sessionAddress, stdout, said);
  members.push(member);
  await expect.poll(member.state).toBe("connected");
  return member;
}

test("a fresh hub is well, and every list of it is empty and valid", async () => {
  expect(await sealane("status")).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      `^hub ${real.hub.sessionAddress}: version 0\\.1\\.0, up \\d+s, zone mesh\\.example, services 0\n$`,
    ),
    stderr: "No clusters found.\n",
  });
  for (const resource of ["clusters", "services", "names", "ranges"]) {
    expect(await sealane("get", resource)).toMatchObject({ code: 0, stdout: "" });
    expect(await json("get", resource)).toMatchObject({ items: [] });
  }
});

test("a token is usable, then used; another is revoked", async () => {
  const { cluster } = facts("t", [], {});
  await joined("t", { ...facts("t", [], {}), cluster });
  const { stdout, stderr } = await sealane("token", "create", "u", "--ttl", "15m");
  expect(stdout).toMatch(/^sealane-join\.v1\.u\./);
  const [, id = ""] = /^token\/(\S+) created/.exec(stderr) ?? [];
  expect(await sealane("token", "revoke", id)).toMatchObject({ code: 0, stdout: `token/${id} revoked\n` });
  const { items } = await json("token", "list");
  expect(items.map((it) => [it["cluster"], it["state"]])).toEqual([
    ["u", "revoked"],
    ["t", "used"],
  ]);
  await expect(joinMember(real.hub.sessionAddress, stdout, facts("u", [], {}))).rejects.toThrow("revoked");
});

test.each([
  { argv: ["token", "revoke", "ffffffffffff"], code: 1, err: "ffffffffffff" },
  { argv: ["token", "create", "No_Label"], code: 2, err: "No_Label" },
  { argv: ["token", "create", "x", "--ttl", "30d"], code: 2, err: "7 days" },
  { argv: ["get", "routes", "--cluster", "zz"], code: 1, err: 'No cluster "zz"' },
  { argv: ["get", "ranges", "--cluster", "zz"], code: 1, err: 'No cluster "zz"' },
])("the hub refuses `sealane $argv` in its own words, exit code $code", async ({ argv, code, err }) => {
  const refused = await sealane(...argv);
  expect(refused).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(err) });
  expect(refused.stderr).toContain(real.hub.sessionAddress);
});

test("an exported service is seen from every side", async () => {
  const a = await joined(
    "a",
    facts("a", [podRange("10.244.0.0/20"), serviceRange("10.96.0.0/16"), nodeRange("192.0.2.11/32")], {
      web,
    }),
  );
  a.report({ node: "", counts: [{ kind: "imports", desired: 1, observed: 1 }], findings: [] });
  await expect.poll(async () => (await json("get", "services")).items).toHaveLength(1);
  expect(await json("get", "services", "shop/web")).toMatchObject({
    items: [
      {
        type: "ClusterSetIP",
        owner: "a",
        ports: [{ name: "http", protocol: "TCP", port: 80 }],
        exporters: [{ cluster: "a", clusterAddresses: ["10.96.0.20"] }],
        exports: [{ cluster: "a", accepted: true, reason: null }],
        pods: { ready: 1, total: 1 },
      },
    ],
  });
  expect((await json("get", "names", "-n", "shop")).items.map((it) => it["name"])).toContain(
    "web.shop.svc.clusterset.local",
  );
  expect(await json("get", "ranges", "10.96.0.0/16")).toMatchObject({
    items: [{ kind: "service", state: "admitted" }],
  });
  expect(await json("get", "clusters", "a")).toMatchObject({
    items: [{ agent: "ready", nodes: 1, exports: 1, ranges: { admitted: 3, quarantined: 0 } }],
  });
  expect(await sealane("explain", "import", "shop/web", "--in", "a")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("yes: a imports shop/web"),
  });
  expect(await sealane("explain", "import", "shop/none", "--in", "a")).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("NotExported"),
  });
});

test("an overlapping newcomer is told whose range it meets, where, and what is free", async () => {
  await joined("d", facts("d", [podRange("10.244.0.0/18"), serviceRange("10.98.0.0/16")], {}));
  await expect
    .poll(async () => (await json("get", "clusters", "d")).items[0]?.["ranges"])
    .toEqual({
      admitted: 1,
      quarantined: 1,
    });
  const { items } = await json("get", "ranges", "--cluster", "d", "10.244.0.0/18");
  expect(items).toMatchObject([
    {
      state: "quarantined",
      reason: "RangeOverlap",
      owner: "a",
      ownerPrefix: "10.244.0.0/20",
      overlap: "10.244.0.0/20",
    },
  ]);
  expect(items[0]?.["free"]).toMatch(/^10\.\d+\.\d+\.0\/18$/);
  const status = await sealane("status");
  expect(status.code).toBe(1);
  expect(status.stdout).toContain(
    "d: pod range 10.244.0.0/18 overlaps 10.244.0.0/20 of a at 10.244.0.0/20 (RangeOverlap); free:",
  );
});

test("what the hub decided is among its events, with reasons", async () => {
  const { items } = await json("get", "events", "--cluster", "d", "--since", "1h");
  expect(items.map((it) => [it["kind"], it["subject"], it["reason"]])).toEqual(
    expect.arrayContaining([
      ["ClusterJoined", "cluster/d", null],
      ["SessionOpened", "session", null],
      ["RangeAdmitted", "range/10.98.0.0/16", null],
      ["RangeQuarantined", "range/10.244.0.0/18", "RangeOverlap"],
    ]),
  );
  expect((await json("get", "events")).items.some((it) => it["kind"] === "ExportAccepted")).toBe(true);
});

test("a description gathers what the lists say", async () => {
  const cluster = await sealane("describe", "cluster", "d");
  expect(cluster).toMatchObject({ code: 0, stderr: "" });
  for (const said of [
    "Healthy:   no: pod range",
    "10.98.0.0/16",
    "RangeOverlap",
    "10.96.0.20/32",
    "ClusterJoined",
  ]) {
    expect(cluster.stdout).toContain(said);
  }
  const service = await sealane("describe", "service", "shop/web", "--in", "d");
  expect(service).toMatchObject({ code: 0, stderr: "" });
  for (const said of [
    "a, whose export is the oldest",
    "1 of 1 ready",
    "192.0.2.11",
    "web.shop.svc.clusterset.local",
  ]) {
    expect(service.stdout).toContain(said);
  }
});

test("a plan says what joining would say, and changes nothing", async () => {
  const plan = ["plan", "join", "--pod-range", "10.244.0.0/18", "--service-range", "10.99.0.0/16"];
  expect(await sealane(...plan)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("1 of 2 quarantined; nothing was changed"),
  });
  const { items } = await json("get", "ranges", "--cluster", "d", "10.244.0.0/18");
  const refused = (await json(...plan)).items.find((it) => it["state"] === "quarantined");
  expect(refused).toMatchObject({ overlap: items[0]?.["overlap"], owner: "a" });
  const own = ["plan", "join", "a", "--pod-range", "10.244.0.0/20"];
  expect(await sealane(...own)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("a change of member a"),
  });
});

test("a watch follows a real hub: what is, then what a person does", async () => {
  const watching = follow(["watch", "events", "-o", "json"], { config: real.adminConfig, at: Date.now() });
  await expect.poll(watching.stdout, { timeout: 10_000 }).toContain('"synced"');
  await sealane("token", "create", "watched");
  await expect.poll(watching.stdout, { timeout: 10_000 }).toMatch(/"added".*"TokenCreated".*"watched"/);
  watching.interrupt();
  expect(await watching.ended).toMatchObject({ code: 130, stderr: "" });
});

test("routes of a cluster show what it installs for another one", async () => {
  const { items } = await json("get", "routes", "--cluster", "d");
  expect(items).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ prefix: "10.96.0.20/32", kind: "install", nextHops: ["192.0.2.11"] }),
    ]),
  );
  expect(await sealane("explain", "route", "10.96.0.20", "--in", "d")).toMatchObject({ code: 0 });
  expect(await sealane("explain", "route", "203.0.113.9", "--in", "d")).toMatchObject({ code: 1 });
});

test("a cluster's certificate is not a person's: exit code 4", async () => {
  const [member] = members;
  if (member === undefined) throw new Error("no member joined");
  const { certificate, key, authorities } = member.credentials;
  const path = await writeConfig(files, "cluster", real.hub.sessionAddress, authorities, {
    certificate,
    key,
  });
  const denied = await invoke(["status"], { config: path, at: Date.now() });
  expect(denied).toMatchObject({ code: 4, stdout: "" });
  expect(denied.stderr).toContain(real.hub.sessionAddress);
});

test("a cluster that falls silent is unknown, and its ranges and services stay", async () => {
  for (const member of members) member.close();
  await expect.poll(async () => (await json("get", "clusters", "a")).items[0]?.["agent"]).toBe("silent");
  const { healthy, items } = await json("status");
  expect(healthy).toBe("unknown");
  expect(items.find((it) => it["name"] === "a")).toMatchObject({
    healthy: "unknown",
    reason: "ClusterSilent",
  });
  expect((await json("get", "services")).items).toHaveLength(1);
  expect(await sealane("explain", "import", "shop/web", "--in", "a")).toMatchObject({ code: 3 });
});
