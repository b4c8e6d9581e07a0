// What the command line says when a hub cannot be asked. Each error names the hub and the cure, and has the exit
// code of its kind: 3 not known, 4 denied, 124 no answer in time, 2 a configuration of no use.

import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestAuthority } from "./certificates.ts";
import { createAuthority } from "./certificates.ts";
import type { FakeHub } from "./fake-hub.ts";
import { StatusError, startFakeHub } from "./fake-hub.ts";
import { configFolder, invoke } from "./invoke.ts";
import { writeConfig } from "./write-config.ts";

let authority: TestAuthority;
let stranger: TestAuthority;
let hub: FakeHub;
let files: Awaited<ReturnType<typeof configFolder>>;

beforeAll(async () => {
  files = await configFolder();
  [authority, stranger] = await Promise.all([createAuthority("hub"), createAuthority("stranger")]);
  hub = await startHub(["127.0.0.1"]);
});

afterAll(async () => {
  hub.close();
  await files.close();
});

async function startHub(hosts: readonly string[], endsInHours = 24, handlers = {}): Promise<FakeHub> {
  const server = await authority.issue({ name: "hub", usage: "server", hosts, endsInHours });
  return startFakeHub({ ca: authority.certificate, server, handlers });
}

/** A configuration; by default one that works. */
async function config(
  address: string,
  ca = authority.certificate,
  person = { from: authority, endsInHours: 24 },
) {
  const { from, endsInHours } = person;
  const credentials = await from.issue({ name: "jo", usage: "client", role: "admin", endsInHours });
  return writeConfig(files, `c${Math.random()}`, address, ca, credentials);
}

const at = Date.now();

test("a refused connection", async () => {
  const closed = await startHub(["127.0.0.1"]);
  closed.close();
  const { code, stdout, stderr } = await invoke(["status"], { config: await config(closed.address), at });
  expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  expect(stderr).toContain(`Cannot get the status at hub "${closed.address}": the connection was refused`);
  expect(stderr).toContain("next: start the hub, or check the address");
  expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^error: .*\(HubUnreachable\)$/);
});

test("a hub of another CA", async () => {
  const { code, stderr } = await invoke(["status"], {
    config: await config(hub.address, stranger.certificate),
    at,
  });
  expect(code).toBe(3);
  expect(stderr).toContain(`hub "${hub.address}": its certificate is not signed by the CA in`);
  expect(stderr).toContain("next: take the configuration that this hub wrote");
});

test("a person of another CA", async () => {
  const path = await config(hub.address, authority.certificate, { from: stranger, endsInHours: 24 });
  const { code, stderr } = await invoke(["status"], { config: path, at });
  expect(code).toBe(4);
  expect(stderr).toContain(`hub "${hub.address}": it refused the certificate in "${path}"`);
});

test("a person's expired certificate is named before the hub is asked", async () => {
  const path = await config(hub.address, authority.certificate, { from: authority, endsInHours: -1 });
  const { code, stderr } = await invoke(["status"], { config: path, at });
  expect(code).toBe(4);
  expect(stderr).toMatch(/Cannot ask hub "127\.0\.0\.1:\d+": your certificate in ".*" expired at 20\d\d-/);
  expect(stderr).toContain("take a new configuration from the hub");
});

test("a person's certificate that begins later, by this machine's clock", async () => {
  const path = await config(hub.address);
  const { code, stderr } = await invoke(["status"], { config: path, at: Date.UTC(2019, 11, 31) });
  expect(code).toBe(4);
  expect(stderr).toContain("is not valid before 2020-01-01T00:00:00.000Z");
});

test("a hub's expired certificate", async () => {
  const expired = await startHub(["127.0.0.1"], -1);
  const { code, stderr } = await invoke(["status"], { config: await config(expired.address), at });
  expired.close();
  expect(code).toBe(3);
  expect(stderr).toContain(`hub "${expired.address}": its certificate is expired or not yet valid`);
});

test("a hub by a name that its certificate does not hold", async () => {
  const other = await startHub(["hub.example"]);
  const { code, stderr } = await invoke(["status"], { config: await config(other.address), at });
  other.close();
  expect(code).toBe(3);
  expect(stderr).toContain("its certificate is for other names");
});

test("a hub that does not answer", async () => {
  const silent = await startHub(["127.0.0.1"], 24, { getStatus: () => new Promise(() => undefined) });
  const { code, stderr } = await invoke(["status", "--timeout", "300ms"], {
    config: await config(silent.address),
    at,
  });
  silent.close();
  expect(code).toBe(124);
  expect(stderr).toContain(`hub "${silent.address}": no answer within 300 ms`);
  expect(stderr).toContain("--timeout");
});

test("a port where nothing speaks TLS", async () => {
  const sockets: Socket[] = [];
  const mute: Server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((done) => mute.listen(0, "127.0.0.1", done));
  const { port } = mute.address() as AddressInfo;
  const path = await config(`127.0.0.1:${port}`);
  const { code, stderr } = await invoke(["status", "--timeout", "300ms"], { config: path, at });
  for (const socket of sockets) socket.destroy();
  mute.close();
  expect(code).toBe(124);
  expect(stderr).toContain(`127.0.0.1:${port}`);
});

test("a hub of an older release", async () => {
  const old = await startHub(["127.0.0.1"], 24, {
    getVersion: () => Promise.reject(new StatusError(status.UNIMPLEMENTED, "unknown method GetVersion")),
  });
  const { code, stderr } = await invoke(["version"], { config: await config(old.address), at });
  old.close();
  expect(code).toBe(3);
  expect(stderr).toContain("at most one release apart");
});

test("an interruption ends at once with 130 and cancels the call", async () => {
  const controller = new AbortController();
  let asked: () => void = () => undefined;
  const waiting = new Promise<void>((done) => (asked = done));
  const silent = await startHub(["127.0.0.1"], 24, {
    getStatus: () => {
      asked();
      return new Promise(() => undefined);
    },
  });
  const invoked = invoke(["status"], { config: await config(silent.address), at, signal: controller.signal });
  await waiting;
  controller.abort();
  expect(await invoked).toMatchObject({ code: 130, stdout: "" });
  await expect.poll(silent.cancelled).toBe(1);
  silent.close();
});

test("--hub asks another address of the same hub", async () => {
  const path = await config("127.0.0.1:1");
  expect(await invoke(["version", "--hub", hub.address], { config: path, at })).toMatchObject({ code: 0 });
  const wrong = await invoke(["version", "--hub", "hub"], { config: path, at });
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Cannot use hub "hub" of --hub') });
});

test("--config wins over SEALANE_CONFIG", async () => {
  const good = await config(hub.address);
  const invoked = await invoke(["--config", good, "version"], { config: "/nonexistent/config.yaml", at });
  expect(invoked).toMatchObject({ code: 0 });
});

test("PEM texts may stand in the configuration itself", async () => {
  const { certificate, key } = await authority.issue({ name: "jo", usage: "client", role: "admin" });
  const text = JSON.stringify({ hub: hub.address, ca: authority.certificate, certificate, key });
  const path = await files.write("inline.yaml", text);
  expect(await invoke(["version"], { config: path, at })).toMatchObject({ code: 0 });
});

test.each([
  { name: "no file", text: undefined, err: "there is no such file" },
  { name: "no YAML", text: "hub: [", err: "it is not YAML" },
  { name: "fields missing", text: "hub: h:1\nkey: k\n", err: "it lacks ca, certificate" },
  {
    name: "an unknown field",
    text: "hub: h:1\nca: a\ncertificate: c\nkey: k\ntoken: t\n",
    err: "unknown fields: token",
  },
  { name: "no port", text: "hub: h\nca: a\ncertificate: c\nkey: k\n", err: "it is not host:port" },
  { name: "a missing key", text: "hub: h:1\nca: a\ncertificate: c\nkey: k\n", err: "cannot be read" },
])("a configuration with $name is a usage error", async ({ name, text, err }) => {
  const path = `${files.folder}/bad ${name}.yaml`;
  if (text !== undefined) await files.write(`bad ${name}.yaml`, text);
  const { code, stderr } = await invoke(["status"], { config: path, at });
  expect(code).toBe(2);
  expect(stderr).toContain(err);
  expect(stderr).toContain(path);
});

test("a key that is not the certificate's", async () => {
  const [one, two] = await Promise.all([1, 2].map(() => authority.issue({ name: "jo", usage: "client" })));
  const mixed = { certificate: one?.certificate ?? "", key: two?.key ?? "" };
  const path = await writeConfig(files, "mixed", hub.address, authority.certificate, mixed);
  const invoked = await invoke(["status"], { config: path, at });
  expect(invoked).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("its key is not the key of its certificate"),
  });
});
