import { EventEmitter } from "node:events";
import * as grpc from "@grpc/grpc-js";
import type { ShardId } from "@sealane/core";
import { sessionSilenceMs } from "@sealane/core";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { WireError } from "../error.ts";
import { channel } from "../grpc/clients.ts";
import { Outbox } from "../outbox.ts";
import { ShardTable } from "../shard-table.ts";
import type { SessionState } from "./client.ts";
import { SessionClient } from "./client.ts";
import type { OpenSession, ServedSession } from "./server.ts";
import { sessionImplementation, sessionServiceDefinition } from "./server.ts";

const id: ShardId = { kind: "reach", origin: "a", namespace: "shop" };
const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

async function serve(open: OpenSession): Promise<string> {
  const server = new grpc.Server();
  server.addService(sessionServiceDefinition, sessionImplementation(open));
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (e, p) =>
      e ? reject(e) : resolve(p),
    ),
  );
  closers.push(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

function dial(address: string, received: ShardTable, up?: ShardTable) {
  const states: SessionState[] = [];
  const followed: string[] = [];
  const client = new SessionClient({
    connect: () =>
      Promise.resolve({
        client: channel(address, grpc.credentials.createInsecure()),
        metadata: new grpc.Metadata(),
      }),
    hello: () => ({ cluster: "a", node: "", incarnation: "i", epoch: 1n, seen: [], version: "test" }),
    received,
    outbox: ({ held }) => {
      if (up === undefined) return undefined;
      const outbox = new Outbox(up, () => true);
      outbox.resume(held, () => true);
      return outbox;
    },
    onChanges: (changes) => followed.push(...changes.flatMap(({ entries }) => entries.map(({ key }) => key))),
    onState: (state) => states.push(state),
  });
  closers.push(() => client.close());
  return { client, states, followed };
}

function serving(table: ShardTable, facts = new ShardTable()) {
  const sessions: ServedSession[] = [];
  const outboxes: Outbox[] = [];
  const closed: unknown[] = [];
  const open: OpenSession = (hello) => {
    const outbox = new Outbox(table, () => true);
    outbox.resume(hello.held, () => true);
    outboxes.push(outbox);
    return Promise.resolve({
      outbox,
      welcome: { held: facts.states(), epoch: 1n, version: "test" },
      frame: ({ sections }) => sections.forEach((section) => facts.apply(section)),
      report: () => undefined,
      closed: (error) => closed.push(error),
      opened: (session) => sessions.push(session),
    });
  };
  return { open, sessions, outboxes, closed };
}

describe("a session", () => {
  it("brings facts up and published shards down, acknowledged", async () => {
    const published = new ShardTable();
    published.put(id, "x", new Uint8Array([1]), 1n, { epoch: 1n, sequence: 1n });
    published.complete(id, { epoch: 1n, sequence: 1n });
    const own = new ShardTable();
    own.put({ ...id, kind: "export" }, "web", new Uint8Array([7]), 1n, { epoch: 1n, sequence: 1n });
    const facts = new ShardTable();
    const { open, sessions, outboxes } = serving(published, facts);
    const received = new ShardTable();
    dial(await serve(open), received, own);
    await vi.waitFor(() => {
      expect(received.state(id)?.complete).toBe(true);
      expect(facts.entry({ ...id, kind: "export" }, "web")?.value).toEqual(new Uint8Array([7]));
      expect(sessions[0]?.counts()).toMatchObject({ framesSent: 1n, framesAcked: 1n });
    });
    published.put(id, "y", new Uint8Array([2]), 1n, { epoch: 1n, sequence: 2n });
    outboxes[0]?.note(id, "y");
    sessions[0]?.wake();
    await vi.waitFor(() => expect(received.entry(id, "y")).toBeDefined());
  });

  it("comes back after the server ended it, and sends nothing that is held already", async () => {
    const published = new ShardTable();
    published.put(id, "x", new Uint8Array([1]), 1n, { epoch: 1n, sequence: 1n });
    published.complete(id, { epoch: 1n, sequence: 1n });
    const { open, sessions } = serving(published);
    const received = new ShardTable();
    const { states } = dial(await serve(open), received);
    await vi.waitFor(() => expect(received.state(id)?.complete).toBe(true));
    sessions[0]?.end(new WireError("superseded", "a newer session of cluster a"));
    await vi.waitFor(() => expect(sessions).toHaveLength(2));
    expect(states.find(({ state }) => state === "disconnected")).toMatchObject({
      error: { details: "a newer session of cluster a" },
    });
    await vi.waitFor(() => expect(sessions[1]?.counts().clockOffsetUs).toBeDefined());
    expect(sessions[1]?.counts().framesSent).toBe(0n);
  });

  it("tells what it took before a sum that did not agree, and is well after the shard came anew", async () => {
    const published = new ShardTable();
    published.put(id, "x", new Uint8Array([1]), 1n, { epoch: 1n, sequence: 1n });
    published.complete(id, { epoch: 1n, sequence: 1n });
    const { open, sessions, outboxes } = serving(published);
    const received = new ShardTable();
    const { followed } = dial(await serve(open), received);
    await vi.waitFor(() => expect(received.state(id)?.complete).toBe(true));
    received.put(id, "stray", new Uint8Array([9]), 1n, { epoch: 1n, sequence: 1n });
    published.put(id, "y", new Uint8Array([2]), 1n, { epoch: 1n, sequence: 2n });
    outboxes[0]?.note(id, "y");
    sessions[0]?.wake();
    await vi.waitFor(() => expect(received.state(id)).toEqual(published.state(id)));
    expect(sessions).toHaveLength(2);
    expect(followed).toEqual(["x", "y", "stray"]);
  });

  it("ends when its peer never says hello", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const call = new EventEmitter();
    const ends: unknown[] = [];
    sessionImplementation(serving(new ShardTable()).open)["connect"]?.(call as never, undefined as never);
    call.on("error", (end: unknown) => ends.push(end));
    vi.advanceTimersByTime(sessionSilenceMs - 1);
    expect(ends).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ends).toEqual([
      { code: grpc.status.UNAVAILABLE, details: expect.stringMatching(/no hello within/) },
    ]);
  });

  it("ends alone when its peer sends what is no message", async () => {
    const { open, closed } = serving(new ShardTable());
    const address = await serve(open);
    const good = dial(address, new ShardTable());
    await vi.waitFor(() => expect(good.states.at(-1)?.state).toBe("connected"));
    const bad = channel(address, grpc.credentials.createInsecure());
    closers.push(() => bad.close());
    const identity = (b: Buffer) => b;
    const stream = bad.makeBidiStreamRequest("/sealane.v1.SessionService/Connect", identity, identity);
    const ended = new Promise<grpc.ServiceError>((resolve) => stream.on("error", resolve));
    stream.on("data", () => undefined);
    stream.write(Buffer.from([0xff, 0xff, 0xff]));
    expect((await ended).code).not.toBe(grpc.status.OK);
    expect(good.states.at(-1)?.state).toBe("connected");
    expect(closed).toEqual([]);
  });
});
