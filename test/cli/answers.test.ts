// What every verb answers to a hub over real gRPC and TLS, and with which exit code.

import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority } from "./certificates.ts";
import type { FakeHub } from "./fake-hub.ts";
import { startFakeHub } from "./fake-hub.ts";
import { configFolder, invoke } from "./invoke.ts";
import { writeConfig } from "./write-config.ts";

let hub: FakeHub;
let files: Awaited<ReturnType<typeof configFolder>>;
let admin: string;
let viewer: string;

beforeAll(async () => {
  files = await configFolder();
  const authority = await createAuthority("hub");
  const server = await authority.issue({ name: "hub", usage: "server", hosts: ["127.0.0.1"] });
  hub = await startFakeHub({ ca: authority.certificate, server });
  const person = (role: string) => authority.issue({ name: `jo-${role}`, usage: "client", role });
  admin = await writeConfig(files, "admin", hub.address, authority.certificate, await person("admin"));
  viewer = await writeConfig(files, "viewer", hub.address, authority.certificate, await person("viewer"));
});

afterAll(async () => {
  hub.close();
  await files.close();
});

test.each([
  { argv: ["status"], code: 1, out: "d     ready    40/40  115/115   3/4     RangeOverlap" },
  { argv: ["check"], code: 1, out: "b: not well, by 0 checks of the cluster and 1 node" },
  { argv: ["check", "c"], code: 3, out: "ClusterSilent" },
  { argv: ["get", "clusters"], code: 0, out: "c     silent   3" },
  { argv: ["get", "cluster", "a", "cluster/b", "-o", "name"], code: 0, out: "cluster/a\ncluster/b\n" },
  { argv: ["get", "services", "-n", "shop", "-o", "name"], code: 0, out: "service/shop/web\n" },
  { argv: ["get", "svc", "web", "-o", "name"], code: 0, out: "service/shop/web\n" },
  {
    argv: ["get", "services", "--cluster", "c", "-o", "name"],
    code: 0,
    out: "service/kube-system/metrics\n",
  },
  { argv: ["get", "routes", "--cluster", "b", "-o", "name"], code: 0, out: "route/10.96.0.20/32\n" },
  { argv: ["get", "routes", "--cluster", "b", "--node", "b1"], code: 0, out: "10.97.0.20/32  originate" },
  {
    argv: ["get", "names", "-n", "shop", "-o", "name"],
    code: 0,
    out: "name/web.shop.svc.clusterset.local\n",
  },
  { argv: ["get", "names", "--cluster", "a", "-o", "name"], code: 0, out: "name/a.mesh.example\n" },
  { argv: ["get", "ranges", "--cluster", "d"], code: 0, out: "10.244.0.0/20  10.248.0.0/16" },
  { argv: ["explain", "import", "shop/web", "--in", "b"], code: 0, out: "yes: b imports shop/web\n" },
  { argv: ["explain", "import", "shop/nope", "--in", "b"], code: 1, out: "NotExported: No cluster exports" },
  {
    argv: ["explain", "import", "shop/web", "--in", "c"],
    code: 3,
    out: "unknown: c imports shop/web, at import",
  },
  {
    argv: ["explain", "route", "10.96.0.20", "--in", "b"],
    code: 0,
    out: "yes: b has a route to 10.96.0.20\n",
  },
  { argv: ["token", "create", "d"], code: 0, out: "sealane-token-secret\n" },
  { argv: ["token", "list"], code: 0, out: "4f2a91c0  d        usable" },
  { argv: ["token", "revoke", "token/4f2a91c0"], code: 0, out: "token/4f2a91c0 revoked\n" },
  { argv: ["get", "events", "--cluster", "d", "-o", "name"], code: 0, out: "event/17\nevent/42\n" },
  { argv: ["get", "events"], code: 0, out: "DocumentRefused" },
  { argv: ["describe", "cluster", "d"], code: 0, out: "Healthy:   no: pod range 10.244.0.0/16 overlaps" },
  { argv: ["describe", "cluster", "cluster/a", "-o", "name"], code: 0, out: "cluster/a\n" },
  { argv: ["describe", "service", "shop/web"], code: 0, out: "b        yes      -" },
  { argv: ["describe", "service", "service/shop/web", "-o", "name"], code: 0, out: "service/shop/web\n" },
  {
    argv: ["plan", "join", "--pod-range", "10.9.0.0/16"],
    code: 0,
    out: "would hold every range; nothing was changed",
  },
  {
    argv: ["plan", "join", "d", "--pod-range", "10.9.0.0/16", "--service-range", "10.244.0.0/16"],
    code: 1,
    out: "no: a change of member d would have 1 of 2 quarantined; nothing was changed",
  },
  { argv: ["logs", "level"], code: 0, out: "hub        info" },
  {
    argv: ["logs", "level", "debug"],
    code: 0,
    out: "hub logs at debug (before: info), until its next start\n",
  },
  { argv: ["completion", "bash"], code: 0, out: "complete -F _sealane sealane" },
  { argv: ["version"], code: 0, out: "hub     0.1.0    1-1" },
])("sealane $argv exits $code", async ({ argv, code, out }) => {
  const invoked = await invoke(argv, { config: admin });
  expect(invoked).toMatchObject({ code, stdout: expect.stringContaining(out) });
});

test.each([
  { argv: ["check", "zz"], code: 1, err: 'Cannot check cluster "zz": the hub has none of that name' },
  { argv: ["get", "clusters", "zz", "a"], code: 1, err: 'Cannot find cluster "zz"' },
  { argv: ["get", "routes", "--cluster", "zz"], code: 1, err: 'no cluster "zz" is a member' },
  {
    argv: ["explain", "route", "nonsense", "--in", "b"],
    code: 2,
    err: '"nonsense" is neither an address nor a CIDR',
  },
  { argv: ["token", "create", "No_Label"], code: 2, err: '"No_Label" is no RFC 1123 label' },
  { argv: ["token", "create", "d", "-o", "name"], code: 2, err: "its secret would be lost" },
  { argv: ["token", "create", "d", "--ttl", "soon"], code: 2, err: '"soon" as --ttl' },
  { argv: ["token", "revoke", "ffffffff"], code: 1, err: 'no token "ffffffff"' },
  { argv: ["describe", "cluster", "zz"], code: 1, err: 'Cannot describe cluster "zz"' },
  { argv: ["describe", "service", "shop/nope"], code: 1, err: 'Cannot describe service "shop/nope"' },
  { argv: ["describe", "service", "shop/web", "--in", "zz"], code: 1, err: 'no cluster "zz" is a member' },
])("sealane $argv exits $code and says why", async ({ argv, code, err }) => {
  const invoked = await invoke(argv, { config: admin });
  expect(invoked).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(err) });
});

test("a viewer may look and may not make tokens: exit code 4, naming hub and cure", async () => {
  expect(await invoke(["get", "clusters"], { config: viewer })).toMatchObject({ code: 0 });
  const denied = await invoke(["token", "create", "d"], { config: viewer });
  expect(denied).toMatchObject({ code: 4, stdout: "" });
  expect(denied.stderr).toContain(hub.address);
  expect(denied.stderr).toContain("--config or SEALANE_CONFIG");
});

test("the lifetime of a token travels, and only the token is on stdout", async () => {
  const { stdout, stderr } = await invoke(["token", "create", "d", "--ttl", "15m"], { config: admin });
  expect(stdout).toBe("sealane-token-secret\n");
  expect(stderr).toBe("token/4f2a91c0 created: usable once, by cluster d, until 2026-11-21T12:15:00.000Z\n");
});

test("a new token as JSON carries its secret", async () => {
  const { stdout } = await invoke(["token", "create", "d", "-o", "json"], { config: admin });
  expect(JSON.parse(stdout)).toMatchObject({
    kind: "TokenList",
    items: [{ id: "4f2a91c0", token: "sealane-token-secret" }],
  });
});

test("a plan as JSON says what would be held and what would not", async () => {
  const argv = ["plan", "join", "--pod-range", "10.9.0.0/16", "--pod-range", "10.244.0.0/16", "-o", "json"];
  const { code, stdout, stderr } = await invoke(argv, { config: viewer });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({
    kind: "JoinPlan",
    answer: "no",
    member: false,
    items: [
      { prefix: "10.9.0.0/16", state: "admitted", free: null },
      { prefix: "10.244.0.0/16", state: "quarantined", owner: "a", free: "10.248.0.0/16" },
    ],
  });
});

test("a description as JSON holds everything in one document", async () => {
  const cluster = await invoke(["describe", "cluster", "d", "-o", "json"], { config: viewer });
  expect(JSON.parse(cluster.stdout)).toMatchObject({
    kind: "ClusterDescription",
    items: [
      {
        cluster: { name: "d", healthy: "no" },
        ranges: [{ state: "quarantined", free: "10.248.0.0/16" }],
        exports: [],
        routes: [{ prefix: "10.96.0.20/32" }],
        events: [{ kind: "TokenCreated" }, { kind: "RangeQuarantined", reason: "RangeOverlap" }],
      },
    ],
  });
  const service = await invoke(["describe", "service", "shop/web", "--in", "c", "-o", "json"], {
    config: viewer,
  });
  expect(JSON.parse(service.stdout)).toMatchObject({
    kind: "ServiceDescription",
    items: [
      {
        service: { name: "web", owner: "a" },
        imports: [{ cluster: "c", answer: "unknown", reason: "ClusterSilent", message: "c is silent" }],
        names: [{ name: "web.shop.svc.clusterset.local" }],
      },
    ],
  });
});

test("a viewer may not set the log level", async () => {
  expect(await invoke(["logs", "level"], { config: viewer })).toMatchObject({ code: 0 });
  expect(await invoke(["logs", "level", "debug"], { config: viewer })).toMatchObject({ code: 4, stdout: "" });
});

test("status as JSON says whether it is healthy", async () => {
  const { code, stdout, stderr } = await invoke(["status", "-o", "json"], { config: admin });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ kind: "Status", healthy: "no", hub: { address: hub.address } });
});

test("an empty list is a valid answer, and says so on stderr", async () => {
  const table = await invoke(["get", "services", "-n", "empty"], { config: admin });
  expect(table).toEqual({ code: 0, stdout: "", stderr: "No services found.\n" });
  const json = await invoke(["get", "services", "-n", "empty", "-o", "json"], { config: admin });
  expect(JSON.parse(json.stdout)).toEqual({
    apiVersion: "sealane.dev/v1alpha1",
    kind: "ServiceList",
    items: [],
  });
  expect(json).toMatchObject({ code: 0, stderr: "" });
});

test("an error as JSON is a document on stderr with its exit code", async () => {
  const { code, stdout, stderr } = await invoke(["get", "clusters", "zz", "-o=json"], { config: admin });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(JSON.parse(stderr)).toMatchObject({
    apiVersion: "sealane.dev/v1alpha1",
    kind: "Error",
    items: [{ reason: "NotFound", object: "cluster/zz", next: "sealane get clusters", exitCode: 1 }],
  });
});
