// Streams over a real connection: whoever is slow is waited for, whoever leaves is noticed, whatever fails is told.

import * as grpc from "@grpc/grpc-js";
import { expect, onTestFinished, test, vi } from "vitest";
import { WireError } from "../error.ts";
import type { AdminClient, AdminHandlers } from "./clients.ts";
import { adminClient, adminImplementation, adminServiceDefinition } from "./clients.ts";

/** A client of a server whose only method is this one. */
async function connected(watch: AdminHandlers["watch"]): Promise<AdminClient> {
  const server = new grpc.Server();
  server.addService(adminServiceDefinition, adminImplementation({ watch } as AdminHandlers));
  const port = await new Promise<number>((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const client = adminClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  onTestFinished(() => {
    client.close();
    server.forceShutdown();
  });
  return client;
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5_000, interval: 5 });
const never = new AbortController().signal;
const message = (key: string) => ({ items: [{ key }] });

test("messages come in order, and the end of the iteration ends the stream", async () => {
  const client = await connected(async function* ({ cluster }) {
    yield message(`${cluster}1`);
    yield { ...message(`${cluster}2`), current: true };
  });
  const keys: string[] = [];
  for await (const { items } of client.watch({ cluster: "a" }, never)) keys.push(items[0]?.key ?? "");
  expect(keys).toEqual(["a1", "a2"]);
});

test("what the server throws is the status that the reader sees, after what was sent", async () => {
  const client = await connected(async function* () {
    yield message("one");
    throw new WireError("superseded", "another one came");
  });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { items } of client.watch({}, never)) seen.push(items[0]?.key ?? "");
  })();
  await expect(reading).rejects.toMatchObject({ code: grpc.status.ABORTED, details: "another one came" });
  expect(seen).toEqual(["one"]);
});

test("a reader that leaves the loop, or is told to, is noticed by the server", async () => {
  let left = 0;
  const client = await connected(async function* (_, __, signal) {
    signal.addEventListener("abort", () => (left += 1));
    yield message("one");
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  });
  for await (const _ of client.watch({}, never)) break;
  await until(() => expect(left).toBe(1));
  const told = new AbortController();
  const reading = (async () => {
    for await (const _ of client.watch({}, told.signal)) told.abort();
  })();
  await expect(reading).rejects.toMatchObject({ code: grpc.status.CANCELLED });
  await until(() => expect(left).toBe(2));
});

test("a reader that does not read stops the server from making messages", async () => {
  let made = 0;
  const key = "k".repeat(64 * 1024);
  const client = await connected(async function* () {
    for (;;) {
      made += 1;
      yield message(key);
    }
  });
  const stream = client.watch({}, never)[Symbol.asyncIterator]();
  await stream.next();
  // What fits between the two ends: flow control windows and the reader's own buffer, far below what is made in a second.
  let before = -1;
  await vi.waitFor(
    () => {
      const still = made === before;
      before = made;
      expect(still).toBe(true);
    },
    { timeout: 5_000, interval: 200 },
  );
  expect(made).toBeLessThan(100);
  await stream.return?.();
});
