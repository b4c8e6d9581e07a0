// What speakers are sent, and when: nothing before it may be acted on, then all that they lack.

import type * as grpc from "@grpc/grpc-js";
import type { ShardId } from "@sealane/core";
import type { Hello, ServedSession } from "@sealane/wire";
import { ShardTable, WireError } from "@sealane/wire";
import { expect, test } from "vitest";
import { Speakers } from "./speakers.ts";

const nodes: ShardId = { kind: "node", origin: "b", namespace: "" };
const statuses: ShardId = { kind: "exportStatus", origin: "a", namespace: "shop" };
const position = { epoch: 1n, sequence: 1n };

const hello: Hello = {
  cluster: "a",
  node: "a1",
  incarnation: "",
  epoch: 1n,
  schema: { min: 1, max: 1 },
  held: [],
  seen: [],
  version: "test",
};

function receivedTable(): ShardTable {
  const table = new ShardTable();
  table.put(nodes, "b1", new Uint8Array([1]), 1n, position);
  table.complete(nodes, position);
  table.complete(statuses, position);
  return table;
}

async function connect(speakers: Speakers, said: Partial<Hello> = {}) {
  const call = { metadata: { get: () => ["Bearer secret"] } };
  const greeting = { ...hello, ...said };
  const opened = await speakers.open(greeting, call as unknown as grpc.ServerDuplexStream<object, object>);
  let wakes = 0;
  const ends: WireError[] = [];
  const session: ServedSession = {
    hello: greeting,
    address: "192.0.2.1:1",
    wake: () => wakes++,
    counts: () => ({ framesSent: 0n, framesAcked: 0n, framesReceived: 0n, clockOffsetUs: undefined }),
    end: (error) => ends.push(error),
  };
  opened.opened(session);
  return { outbox: opened.outbox, wakes: () => wakes, ends };
}

function speakersOf(received: ShardTable, confirmed: boolean): Speakers {
  return new Speakers({
    cluster: "a",
    epoch: 1n,
    received,
    confirmed,
    review: (token) => Promise.resolve(token === "secret" ? "a1" : "nobody"),
    onReport: () => undefined,
    onSpeaker: () => undefined,
  });
}

test("a speaker is sent what routes are made of, and nothing else", async () => {
  const { outbox } = await connect(speakersOf(receivedTable(), true));
  expect(outbox.next()?.map(({ id }) => id)).toEqual([nodes]);
  expect(outbox.caughtUp).toBe(true);
});

test("before it is confirmed nothing is sent, and all of it afterwards", async () => {
  const received = receivedTable();
  const speakers = speakersOf(received, false);
  const { outbox, wakes } = await connect(speakers);
  received.put(nodes, "b2", new Uint8Array([2]), 1n, { epoch: 1n, sequence: 2n });
  speakers.changed([{ id: nodes, entries: [], completed: false }]);
  expect([outbox.idle, outbox.caughtUp, wakes()]).toEqual([true, false, 0]);
  speakers.confirm();
  expect(wakes()).toBe(1);
  const sections = outbox.next() ?? [];
  expect(sections.map(({ id, entries }) => [id.kind, entries.map(({ key }) => key)])).toEqual([
    ["node", ["b1", "b2"]],
  ]);
});

test("a speaker speaks for the node of its token, and a newer session of a node ends the older", async () => {
  const speakers = speakersOf(receivedTable(), true);
  await expect(connect(speakers, { node: "a2" })).rejects.toThrow(WireError);
  const older = await connect(speakers);
  await connect(speakers);
  expect(older.ends.map(({ code }) => code)).toEqual(["superseded"]);
  expect(speakers.nodes).toEqual(["a1"]);
});
