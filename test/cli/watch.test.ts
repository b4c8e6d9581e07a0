// Watching over real gRPC: what is, what changes, a hub that goes and comes back, a reader that goes.

import { status } from "@grpc/grpc-js";
import type { AdminHandlers } from "@sealane/wire";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import * as fixtures from "../../services/cli/src/views/fixtures.testing.ts";
import type { TestAuthority } from "./certificates.ts";
import { createAuthority } from "./certificates.ts";
import type { FakeHub } from "./fake-hub.ts";
import { StatusError, startFakeHub } from "./fake-hub.ts";
import type { Invoked } from "./invoke.ts";
import { configFolder, follow, shell } from "./invoke.ts";
import { writeConfig } from "./write-config.ts";

let authority: TestAuthority;
let files: Awaited<ReturnType<typeof configFolder>>;

beforeAll(async () => {
  files = await configFolder();
  authority = await createAuthority("hub");
});

afterAll(() => files.close());

async function startHub(watch: AdminHandlers["watch"], port = 0): Promise<FakeHub> {
  const server = await authority.issue({ name: "hub", usage: "server", hosts: ["127.0.0.1"] });
  const hub = await startFakeHub({ ca: authority.certificate, server, port, handlers: { watch } });
  onTestFinished(() => hub.close());
  return hub;
}

async function config(hub: FakeHub): Promise<string> {
  const person = await authority.issue({ name: "jo", usage: "client", role: "viewer" });
  return writeConfig(files, `c${Math.random()}`, hub.address, authority.certificate, person);
}

/** A busy machine is slow, and not wrong. */
const patience = { timeout: 15_000 };

const portOf = (hub: FakeHub) => Number(hub.address.split(":")[1]);
const clusterItem = (name: string, fields = {}) => ({
  key: name,
  value: { case: "cluster" as const, value: fixtures.cluster(name, fields) },
});

/** A stream that says one message after another as the test gives them, and stays open. */
function scripted(first: object): {
  readonly watch: AdminHandlers["watch"];
  readonly say: (message: object) => void;
} {
  const queue: object[] = [first];
  let wake: () => void = () => undefined;
  const watch: AdminHandlers["watch"] = async function* (_, __, gone) {
    gone.addEventListener("abort", () => wake());
    while (!gone.aborted) {
      const next = queue.shift();
      if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else yield next;
    }
  };
  return {
    watch,
    say: (message) => {
      queue.push(message);
      wake();
    },
  };
}

test("the table says what is, then each change once, until ^C: exit code 130", async () => {
  const { watch, say } = scripted({ items: [clusterItem("a"), clusterItem("b")], current: true });
  const hub = await startHub(watch);
  const watching = follow(["watch", "clusters"], { config: await config(hub), at: fixtures.now });
  await expect.poll(watching.stdout, patience).toContain("current  b");
  say({ items: [clusterItem("a", { state: 3 }), { key: "b" }] });
  await expect.poll(watching.stdout, patience).toContain("gone");
  watching.interrupt();
  const { code, stdout, stderr } = await watching.ended;
  expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
  expect(stdout.split("\n").map((line) => line.split(/ +/).slice(0, 4).join(" "))).toEqual([
    "TIME CHANGE NAME AGENT",
    "12:00:00 current a ready",
    "12:00:00 current b ready",
    "12:00:00 changed a silent",
    "12:00:00 gone b ready",
    "",
  ]);
});

test("a hub that goes and comes back is said, and only what changed meanwhile is shown", async () => {
  const before = scripted({ items: ["a", "b", "c"].map((name) => clusterItem(name)), current: true });
  const hub = await startHub(before.watch);
  const watching = follow(["watch", "clusters", "-o", "json"], { config: await config(hub), at: Date.now() });
  await expect.poll(watching.stdout, patience).toContain('"synced"');
  hub.close();
  await expect.poll(watching.stdout, patience).toContain('"disconnected"');
  const after = scripted({ items: [clusterItem("a"), clusterItem("b", { state: 3 })], current: true });
  await startHub(after.watch, portOf(hub));
  await expect.poll(watching.stdout, patience).toContain('"gone"');
  watching.interrupt();
  const { stdout } = await watching.ended;
  const said = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { change?: string; mark?: string; item?: { name: string } })
    .map(({ change, mark, item }) => (change === undefined ? mark : `${change} ${item?.name}`));
  expect(said).toEqual([
    "current a",
    "current b",
    "current c",
    "synced",
    "disconnected",
    "reconnected",
    "changed b",
    "gone c",
    "synced",
  ]);
});

test("as a table the loss and the return of the hub are said on stderr", async () => {
  const hub = await startHub(scripted({ current: true }).watch);
  const watching = follow(["watch", "events"], { config: await config(hub), at: Date.now() });
  await expect.poll(hub.watching, patience).toBe(1);
  hub.close();
  await expect
    .poll(watching.stderr)
    .toMatch(/^\d\d:\d\d:\d\d disconnected: Cannot watch events at hub .*; connecting again\n$/);
  await startHub(scripted({ current: true }).watch, portOf(hub));
  await expect.poll(watching.stderr, patience).toContain(" reconnected: connected again");
  watching.interrupt();
  expect((await watching.ended).code).toBe(130);
});

test.each([
  { what: "a refusal", code: 4, error: new StatusError(status.PERMISSION_DENIED, "not you") },
  {
    what: "a hub that does not know how",
    code: 3,
    error: new StatusError(status.UNIMPLEMENTED, "no such method"),
  },
  {
    what: "a cluster that is no member",
    code: 1,
    error: new StatusError(status.NOT_FOUND, 'no cluster "b"'),
  },
])("$what ends it at once with $code", async ({ code, error }) => {
  // oxlint-disable-next-line require-yield -- it fails before it says anything
  const hub = await startHub(async function* () {
    throw error;
  });
  const path = await config(hub);
  expect(
    await follow(["watch", "routes", "--cluster", "b"], { config: path, at: Date.now() }).ended,
  ).toMatchObject({
    code,
    stdout: "",
    stderr: expect.stringContaining(error.message),
  });
});

test("a hub that says nothing is given up after --timeout", async () => {
  // oxlint-disable-next-line require-yield -- it says nothing on purpose
  const hub = await startHub(async function* (_, __, gone) {
    await new Promise<void>((resolve) => gone.addEventListener("abort", () => resolve()));
  });
  const options = { config: await config(hub), at: Date.now() };
  expect(await follow(["watch", "clusters", "--timeout", "300ms"], options).ended).toMatchObject({
    code: 124,
    stderr: expect.stringContaining("no answer within 300 ms"),
  });
});

test("a reader that has seen enough ends it, without an error", async () => {
  const { watch, say } = scripted({ items: [clusterItem("a")], current: true });
  const hub = await startHub(watch);
  const env = { SEALANE_CONFIG: await config(hub) };
  const { ended } = shell("$SEALANE watch clusters -o name | head -1", env);
  const chatter = setInterval(
    () => say({ items: [clusterItem("a", { nodes: Math.floor(Math.random() * 1e6) })] }),
    20,
  );
  onTestFinished(() => clearInterval(chatter));
  const result: Invoked<number> = await ended;
  expect(result).toEqual({ code: 0, stdout: "cluster/a\n", stderr: "" });
});
