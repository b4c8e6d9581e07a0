// Events: told once, counted when repeated, never more than the rate allows.

import { afterEach, beforeEach, expect, test } from "vitest";
import { createKubeClient } from "./client.ts";
import type { KubeClient } from "./client.ts";
import { EventRecorder } from "./events.ts";
import type { EventLimits } from "./events.ts";
import { resources } from "./resource.ts";
import { startFakeApiServer } from "./testing/fake-api-server.ts";
import type { FakeApiServer } from "./testing/fake-api-server.ts";
import { fixtures } from "./testing/fixtures.ts";
import { eventually } from "./testing/wait.ts";

let server: FakeApiServer;
let client: KubeClient;
let stop: AbortController;

beforeEach(async () => {
  server = await startFakeApiServer({ crds: "served" });
  client = createKubeClient(server.admin);
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await client.close();
  await server.close();
});

const subject = { resource: resources.serviceExports, namespace: "shop", name: "web", uid: "u1" };
const text = { type: "Warning", reason: "NoService", action: "Export", note: "create it" } as const;
const recorder = (limits: Partial<EventLimits> = {}): EventRecorder =>
  new EventRecorder(client, { instance: "test", limits }, stop.signal);
const events = () => fixtures(client).list(resources.events, "shop");

test("the same text again counts up one Event, another text is another", async () => {
  const to = recorder();
  for (let time = 0; time < 3; time++) to.record(subject, text);
  await eventually("the count", async () => (await events())[0]?.["series"]?.count === 3);
  to.record(subject, { ...text, note: "create it, please" });
  await eventually("a second Event", async () => (await events()).length === 2);
  expect((await events()).map((each) => each["regarding"].name)).toEqual(["web", "web"]);
});

test("what is beyond the rate is dropped and counted, for each reason by itself", async () => {
  const to = recorder({ burst: 2 });
  for (let time = 0; time < 5; time++) to.record(subject, { ...text, note: `note ${time}` });
  to.record(subject, { ...text, reason: "PortConflict" });
  await eventually("the other reason", async () => (await events()).length === 3);
  expect(to.dropped).toBe(3);
});

test("objects that do not exist are told apart by their names", async () => {
  const to = recorder();
  for (const name of ["web", "api"]) to.record({ ...subject, name, uid: "" }, text);
  await eventually("both Events", async () => (await events()).length === 2);
  const regarding = (await events()).map((each) => each["regarding"] as object);
  expect(regarding).toMatchObject([{ name: "api" }, { name: "web" }]);
  for (const each of regarding) expect(each).not.toHaveProperty("uid");
});

test.each([
  ["ä", 510],
  ["😀", 255],
])(
  "a note of many %s fits into what the API takes, and ends with a whole character",
  async (character, kept) => {
    recorder().record(subject, { ...text, note: character.repeat(1_000) });
    await eventually("the Event", async () => (await events()).length === 1);
    expect((await events())[0]?.["note"]).toBe(`${character.repeat(kept)}...`);
  },
);
