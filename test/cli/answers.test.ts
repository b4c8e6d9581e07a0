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
  { argv: ["version"], code: 0, out: "hub     0.1.0    1-1" },
])("sealane $argv exits $code", async ({ argv, code, out }) => {
  const invoked = await invoke(argv, { config: admin });
  expect(invoked).toMatchObject({ code, stdout: expect.stringContaining(out) });
});

test.each([
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
