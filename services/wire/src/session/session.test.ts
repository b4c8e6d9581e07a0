import { EventEmitter } from "node:events";
import * as grpc from "@grpc/grpc-js";
import type { ShardId } from "@sealane/core";
import { messageBytesMax, sessionSilenceMs, shardsPerPeerMax } from "@sealane/core";
import type { ShardState } from "@sealane/core";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { WireError } from "../error.ts";
import { channel } from "../grpc/clients.ts";
import { Outbox } from "../outbox.ts";
import { ShardTable } from "../shard-table.ts";
import type { SessionClientOptions, SessionState } from "./client.ts";
import { SessionClient } from "./client.ts";
import type { Hello, Report } from "./messages.ts";
import { encodeHello, encodeWelcome } from "./messages.ts";
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

function dial(
  address: string,
  received: ShardTable,
  up?: ShardTable,
  more: Partial<SessionClientOptions> = {},
) {
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
    onCaughtUp: () => followed.push("caught up"),
    onState: (state) => states.push(state),
    ...more,
  });
  closers.push(() => client.close());
  return { client, states, followed };
}

function serving(table: ShardTable, facts = new ShardTable()) {
  const sessions: ServedSession[] = [];
  const outboxes: Outbox[] = [];
  const closed: unknown[] = [];
  const hellos: Hello[] = [];
  const reports: Report[] = [];
  const calls: Parameters<OpenSession>[1][] = [];
  const open: OpenSession = (hello, call) => {
    hellos.push(hello);
    calls.push(call);
    const outbox = new Outbox(table, () => true);
    outbox.resume(hello.held, () => true);
    outboxes.push(outbox);
    return Promise.resolve({
      outbox,
      welcome: { held: facts.states(), epoch: 1n, version: "test" },
      frame: ({ sections }) => sections.forEach((section) => facts.apply(section)),
      report: (report) => reports.push(report),
      closed: (error) => closed.push(error),
      opened: (session) => sessions.push(session),
    });
  };
  return { open, sessions, outboxes, closed, hellos, reports, calls };
}

/** A table with as many whole, empty shards. */
function manyShards(count: number, kind: ShardId["kind"]): ShardTable {
  const table = new ShardTable();
  for (let i = 0; i < count; i++)
    table.complete({ kind, origin: "a", namespace: `namespace-${i}` }, { epoch: 1n, sequence: 1n });
  return table;
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
    expect(followed).toEqual(["x", "caught up", "y", "stray", "caught up"]);
  });

  it("says when everything owed was sent, also when that is nothing", async () => {
    const published = new ShardTable();
    const { open, sessions } = serving(published);
    const received = new ShardTable();
    const { followed } = dial(await serve(open), received);
    await vi.waitFor(() => expect(followed).toEqual(["caught up"]));
    for (let i = 0; i < 200; i++)
      published.put(id, `key-${i}`, new Uint8Array(10_000), 1n, { epoch: 1n, sequence: BigInt(i + 1) });
    published.complete(id, { epoch: 1n, sequence: 300n });
    sessions[0]?.end(new WireError("closed", "again"));
    await vi.waitFor(() => expect(followed).toHaveLength(202), 5_000);
    expect(followed.at(-1)).toBe("caught up");
    expect(received.state(id)).toEqual(published.state(id));
    expect(sessions[1]?.counts().framesSent).toBeGreaterThan(10n);
  });

  it("carries a greeting of more shards than one message holds, both ways", async () => {
    const facts = manyShards(20_000, "export");
    const received = manyShards(20_000, "reach");
    const { open, hellos, sessions } = serving(received, facts);
    const welcomed: number[] = [];
    const { states } = dial(await serve(open), received, undefined, {
      outbox: ({ held }) => void welcomed.push(held.length),
    });
    await vi.waitFor(() => expect(states.at(-1)?.state).toBe("connected"), 10_000);
    expect(hellos[0]?.held).toEqual(received.states());
    expect(welcomed).toEqual([20_000]);
    expect(sessions[0]?.counts().framesSent).toBe(0n);
  });

  it("cuts a greeting so that every message stays within the bound, with the longest names", () => {
    const label = "x".repeat(63);
    const max = 2n ** 64n - 1n;
    const state: ShardState = {
      id: { kind: "exportStatus", origin: label, namespace: label },
      position: { epoch: max, sequence: max },
      complete: true,
      sum: max,
    };
    const held = Array.from({ length: 9_000 }, () => state);
    const schema = { min: 1, max: 1 };
    const seen = Array.from({ length: 2_000 }, () => ({ origin: label, position: state.position }));
    const hello = {
      cluster: label,
      node: label,
      incarnation: label,
      epoch: max,
      schema,
      held,
      seen,
      version: "1",
    };
    for (const parts of [encodeHello(hello), encodeWelcome({ schema: 1, held, epoch: max, version: "1" })]) {
      expect(parts).toHaveLength(3);
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(messageBytesMax);
    }
    expect(encodeHello({ ...hello, held: [], seen: [] })).toHaveLength(1);
  });

  it("refuses more shards than a peer may hold, however they are cut", async () => {
    const received = manyShards(shardsPerPeerMax + 1, "reach");
    const { open, hellos } = serving(new ShardTable());
    const { states } = dial(await serve(open), received);
    await vi.waitFor(
      () =>
        expect(states.find(({ state }) => state === "disconnected")).toMatchObject({
          error: {
            code: grpc.status.RESOURCE_EXHAUSTED,
            details: `hello lists more than ${shardsPerPeerMax} shards`,
          },
        }),
      15_000,
    );
    expect(hellos).toEqual([]);
  });

  it("gives up an attempt that is never welcomed, and tries again", async () => {
    const opened: string[] = [];
    const address = await serve((hello) => {
      opened.push(hello.cluster);
      return new Promise(() => undefined);
    });
    const { states } = dial(address, new ShardTable(), undefined, { welcomeMs: 50 });
    await vi.waitFor(() => expect(opened.length).toBeGreaterThanOrEqual(2), 5_000);
    expect(states.find(({ state }) => state === "disconnected")).toMatchObject({
      error: { message: "there was no welcome within 50 ms" },
    });
  });

  it("dials at once when it is told to, whether it is connected or waits", async () => {
    const { open, sessions, hellos } = serving(new ShardTable());
    const address = await serve(open);
    let fails = true;
    const { client, states } = dial(address, new ShardTable(), undefined, {
      connect: () =>
        fails
          ? Promise.reject(new Error("no token yet"))
          : Promise.resolve({
              client: channel(address, grpc.credentials.createInsecure()),
              metadata: new grpc.Metadata(),
            }),
    });
    const attempts = () => states.filter(({ state }) => state === "connecting").length;
    // By now the wait is at least 400 ms long.
    await vi.waitFor(() => expect(attempts()).toBe(5), 5_000);
    await vi.waitFor(() => expect(states.at(-1)?.state).toBe("disconnected"));
    fails = false;
    const askedAtMs = performance.now();
    client.redial();
    expect(attempts()).toBe(6);
    await vi.waitFor(() => expect(states.at(-1)?.state).toBe("connected"));
    expect(performance.now() - askedAtMs).toBeLessThan(400);
    client.redial();
    expect([attempts(), states.at(-2)?.state]).toEqual([7, "disconnected"]);
    await vi.waitFor(() => expect(hellos).toHaveLength(2));
    await vi.waitFor(() => expect(states.at(-1)?.state).toBe("connected"));
    expect([attempts(), sessions.length]).toEqual([7, 2]);
  });

  it("keeps the newest report of each node while the server takes nothing, and queues none", async () => {
    const { open, sessions, reports, calls } = serving(new ShardTable());
    const { client, states } = dial(await serve(open), new ShardTable());
    await vi.waitFor(() => expect(states.at(-1)?.state).toBe("connected"));
    await vi.waitFor(() => expect(sessions).toHaveLength(1));
    calls[0]?.pause();
    const last = 3_000;
    const message = "x".repeat(10_000);
    for (let number = 1; number <= last; number++) {
      const node = `a${number % 2}`;
      const counts = [{ kind: "routes", desired: number, observed: number }];
      const findings = [{ subject: node, reason: "NextHopSilent", message }];
      client.report({ node, counts, findings, observedUnixUs: 1n });
      if (number % 100 === 0) await new Promise(setImmediate);
    }
    calls[0]?.resume();
    const newest = (node: string) => reports.findLast((report) => report.node === node)?.counts[0]?.desired;
    await vi.waitFor(() => expect([newest("a0"), newest("a1")]).toEqual([last, last - 1]), 5_000);
    expect(reports.length).toBeLessThan(last / 10);
    expect(states.at(-1)?.state).toBe("connected");
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
