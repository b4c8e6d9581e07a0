import { frameBytesMax } from "@sealane/core";
import type { ShardId } from "@sealane/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Outbox } from "./outbox.ts";
import { encodeDown } from "./session/messages.ts";
import { ShardTable } from "./shard-table.ts";

const id: ShardId = { kind: "reach", origin: "a", namespace: "shop" };
const all = () => true;

function deliver(outbox: Outbox, peer: ShardTable): number {
  let frames = 0;
  for (let sections = outbox.next(); sections !== undefined; sections = outbox.next()) {
    frames++;
    for (const section of sections) peer.apply(section);
  }
  return frames;
}

const same = (table: ShardTable, peer: ShardTable) =>
  expect([...peer.entries(id)].map(([key, { value }]) => [key, ...value]).toSorted()).toEqual(
    [...table.entries(id)].map(([key, { value }]) => [key, ...value]).toSorted(),
  );

describe("an outbox", () => {
  it("sends nothing when the sums are equal", () => {
    const table = new ShardTable();
    table.put(id, "x", new Uint8Array([1]), 1n, { epoch: 1n, sequence: 1n });
    table.complete(id, { epoch: 1n, sequence: 1n });
    const outbox = new Outbox(table, all);
    outbox.resume(table.states(), all);
    expect(outbox.idle).toBe(true);
  });

  it("cuts a large shard into bounded frames and sends what changed meanwhile before its end", () => {
    const table = new ShardTable();
    let sequence = 0n;
    const put = (key: string, fill: number) =>
      table.put(id, key, new Uint8Array(10_000).fill(fill), 1n, { epoch: 1n, sequence: ++sequence });
    for (let i = 0; i < 60; i++) put(`key-${i}`, 1);
    table.complete(id, { epoch: 1n, sequence });
    const peer = new ShardTable();
    peer.put(id, "stale", new Uint8Array([9]), 1n, { epoch: 0n, sequence: 1n });
    const outbox = new Outbox(table, all);
    outbox.resume(peer.states(), all);
    for (const section of outbox.next() ?? []) peer.apply(section);
    put("key-0", 2);
    outbox.note(id, "key-0");
    put("late", 3);
    outbox.note(id, "late");
    expect(deliver(outbox, peer)).toBeGreaterThan(2);
    same(table, peer);
    expect(peer.state(id)?.complete).toBe(true);
  });

  it("bounds a frame by its sections too: many empty shards are many frames", () => {
    const table = new ShardTable();
    const ids = Array.from({ length: 20_000 }, (_, i): ShardId => ({ ...id, namespace: `namespace-${i}` }));
    for (const each of ids) table.complete(each, { epoch: 1n, sequence: 1n });
    const outbox = new Outbox(table, all);
    outbox.resume([], all);
    const peer = new ShardTable();
    for (let sections = outbox.next(); sections !== undefined; sections = outbox.next()) {
      const bytes = encodeDown({ case: "frame", value: { number: 1n, sections } }).length;
      expect(bytes).toBeLessThanOrEqual(frameBytesMax);
      for (const section of sections) peer.apply(section);
    }
    expect(ids.every((each) => peer.state(each)?.complete === true)).toBe(true);
  });

  it("empties a shard that is known not to exist, and leaves one that is merely unknown", () => {
    const peer = new ShardTable();
    peer.put(id, "x", new Uint8Array([1]), 1n, { epoch: 5n, sequence: 1n });
    const unsure = new Outbox(new ShardTable(), all);
    unsure.resume(peer.states(), () => false);
    expect(unsure.idle).toBe(true);
    const sure = new Outbox(new ShardTable(), all);
    sure.resume(peer.states(), all);
    deliver(sure, peer);
    expect(peer.entries(id).size).toBe(0);
  });

  it("an incomplete shard adds and never removes", () => {
    const table = new ShardTable();
    table.put(id, "x", new Uint8Array([1]), 1n, { epoch: 6n, sequence: 1n });
    const peer = new ShardTable();
    peer.put(id, "y", new Uint8Array([2]), 1n, { epoch: 5n, sequence: 1n });
    const outbox = new Outbox(table, all);
    outbox.resume(peer.states(), all);
    deliver(outbox, peer);
    expect([...peer.entries(id).keys()].toSorted()).toEqual(["x", "y"]);
    table.complete(id, { epoch: 6n, sequence: 2n });
    outbox.noteComplete(id);
    deliver(outbox, peer);
    expect([...peer.entries(id).keys()]).toEqual(["x"]);
  });

  it("changes of a complete shard that need several frames are all taken, and the last one's sum counts", () => {
    const table = new ShardTable();
    const peer = new ShardTable();
    const outbox = new Outbox(table, all);
    table.complete(id, { epoch: 1n, sequence: 1n });
    outbox.noteComplete(id);
    deliver(outbox, peer);
    for (const key of ["a", "b", "c", "d", "e", "f"]) {
      table.put(id, key, new Uint8Array(50_000), 1n, { epoch: 1n, sequence: 2n });
      outbox.note(id, key);
    }
    const frames = [];
    for (let sections = outbox.next(); sections !== undefined; sections = outbox.next())
      frames.push(sections);
    for (const section of frames.flat()) peer.apply(section);
    expect(frames.flat().map(({ complete }) => complete)).toEqual([false, true]);
    same(table, peer);
    expect(peer.state(id)).toMatchObject({ complete: true, sum: table.state(id)?.sum });
  });

  it("property: whatever happens in whatever order, the peer ends with the table's content", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("put" as const), key: fc.nat(8), fill: fc.nat(255) }),
      fc.record({ do: fc.constant("remove" as const), key: fc.nat(8), fill: fc.constant(0) }),
      fc.record({ do: fc.constant("send" as const), key: fc.constant(0), fill: fc.constant(0) }),
      fc.record({ do: fc.constant("complete" as const), key: fc.constant(0), fill: fc.constant(0) }),
      fc.record({ do: fc.constant("reconnect" as const), key: fc.constant(0), fill: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new ShardTable();
        const peer = new ShardTable();
        let outbox = new Outbox(table, all);
        let sequence = 0n;
        for (const { do: what, key, fill } of steps) {
          const position = { epoch: 1n, sequence: ++sequence };
          if (what === "put" && table.put(id, `k${key}`, new Uint8Array(50_000).fill(fill), 1n, position)) {
            outbox.note(id, `k${key}`);
          }
          if (what === "remove" && table.remove(id, `k${key}`, position)) outbox.note(id, `k${key}`);
          if (what === "complete" && table.complete(id, position)) outbox.noteComplete(id);
          if (what === "send") for (const section of outbox.next() ?? []) peer.apply(section);
          if (what === "reconnect") {
            outbox = new Outbox(table, all);
            outbox.resume(peer.states(), () => table.state(id)?.complete ?? false);
          }
        }
        if (table.complete(id, { epoch: 1n, sequence: ++sequence })) outbox.noteComplete(id);
        deliver(outbox, peer);
        same(table, peer);
        expect(peer.state(id)).toMatchObject({ complete: true, sum: table.state(id)?.sum });
      }),
      { numRuns: 100 },
    );
  });

  it("never ends a cluster's pods before all that is merged of its namespace was sent", () => {
    const table = new ShardTable();
    const at = { epoch: 1n, sequence: 1n };
    const merged: ShardId = { kind: "import", origin: "", namespace: "shop" };
    for (let n = 0; n < 300; n++) {
      table.put(merged, `s${n}`, new Uint8Array(1_000), 1n, at);
      table.put(id, `s${n}/a1`, new Uint8Array(10), 1n, at);
    }
    // The merged shard is not whole: not every cluster was heard.
    table.complete(id, at);
    const peer = new ShardTable();
    const outbox = new Outbox(table, all);
    outbox.resume([], all);
    let frames = 0;
    const mergedAtEnd: number[] = [];
    for (let sections = outbox.next(); sections !== undefined; sections = outbox.next()) {
      frames++;
      for (const section of sections) {
        peer.apply(section);
        if (peer.state(id)?.complete === true) mergedAtEnd.push([...peer.entries(merged)].length);
      }
    }
    expect(frames).toBeGreaterThan(2);
    expect(mergedAtEnd[0]).toBe(300);
  });

  it("has not caught up while something is withheld", () => {
    let isWithheld = true;
    const outbox = new Outbox(new ShardTable(), all, () => isWithheld);
    outbox.resume([], all);
    expect([outbox.idle, outbox.caughtUp]).toEqual([true, false]);
    isWithheld = false;
    expect(outbox.caughtUp).toBe(true);
  });
});
