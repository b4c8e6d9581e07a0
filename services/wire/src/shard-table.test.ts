import type { ShardId } from "@sealane/core";
import { describe, expect, it } from "vitest";
import { WireError } from "./error.ts";
import { ShardMismatch, ShardTable } from "./shard-table.ts";

const id: ShardId = { kind: "reach", origin: "a", namespace: "shop" };
const at = (epoch: bigint, sequence: bigint) => ({ epoch, sequence });
const bytes = (text: string) => new TextEncoder().encode(text);
const entry = (key: string, text: string | undefined) => ({
  key,
  value: text === undefined ? undefined : bytes(text),
  observedUnixUs: 1n,
});
const piece = { id, position: at(1n, 1n), begin: false, end: false, complete: false, sum: 0n, entries: [] };

function held(table: ShardTable): Record<string, string> {
  return Object.fromEntries(
    [...table.entries(id)].map(([key, { value }]) => [key, new TextDecoder().decode(value)]),
  );
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a table of shards", () => {
  it("has the same sum whatever the order", () => {
    const one = new ShardTable();
    const other = new ShardTable();
    one.put(id, "x", bytes("1"), 1n, at(1n, 1n));
    one.put(id, "y", bytes("2"), 1n, at(1n, 2n));
    other.put(id, "y", bytes("other"), 1n, at(1n, 1n));
    other.put(id, "y", bytes("2"), 9n, at(1n, 2n));
    other.put(id, "x", bytes("1"), 9n, at(1n, 3n));
    expect(other.state(id)?.sum).toBe(one.state(id)?.sum);
  });

  it("removes what was not said again at the end, and not before", () => {
    const table = new ShardTable();
    table.put(id, "old", bytes("1"), 1n, at(1n, 1n));
    table.put(id, "kept", bytes("1"), 1n, at(1n, 2n));
    table.apply({ ...piece, begin: true, position: at(2n, 1n), entries: [entry("kept", "1")] });
    expect(held(table)).toEqual({ old: "1", kept: "1" });
    const sum = new ShardTable();
    sum.put(id, "kept", bytes("1"), 1n, at(1n, 1n));
    const change = table.apply({
      ...piece,
      position: at(2n, 1n),
      end: true,
      complete: true,
      sum: sum.state(id)?.sum ?? 0n,
    });
    expect(held(table)).toEqual({ kept: "1" });
    expect(change.entries.map(({ key, value }) => [key, value])).toEqual([["old", undefined]]);
    expect(change.completed).toBe(true);
  });

  it("never goes back to an older position", () => {
    const table = new ShardTable();
    table.apply({ ...piece, position: at(2n, 5n), entries: [entry("x", "new")] });
    const change = table.apply({
      ...piece,
      position: at(1n, 99n),
      entries: [entry("x", "old"), entry("y", "old")],
    });
    expect(change.entries).toEqual([]);
    expect(held(table)).toEqual({ x: "new" });
  });

  it("asks for the shard anew when the sums differ", () => {
    const table = new ShardTable();
    table.complete(id, at(1n, 1n));
    const wrong = { ...piece, complete: true, sum: 42n, entries: [entry("x", "1")] };
    expect(() => table.apply(wrong)).toThrow(WireError);
    expect(table.state(id)?.complete).toBe(false);
  });

  it("takes nothing away when the sums differ at the end, and tells what it took", () => {
    const table = new ShardTable();
    table.put(id, "old", bytes("1"), 1n, at(1n, 1n));
    table.complete(id, at(1n, 1n));
    const whole = { ...piece, position: at(2n, 1n), begin: true, end: true, complete: true };
    const fault = thrownBy(() => table.apply({ ...whole, sum: 42n, entries: [entry("new", "1")] }));
    expect(held(table)).toEqual({ old: "1", new: "1" });
    expect(fault).toBeInstanceOf(ShardMismatch);
    expect((fault as ShardMismatch).change.entries.map(({ key }) => key)).toEqual(["new"]);
    const right = new ShardTable();
    right.put(id, "new", bytes("1"), 1n, at(2n, 1n));
    const change = table.apply({ ...whole, sum: right.state(id)?.sum ?? 0n, entries: [entry("new", "1")] });
    expect(held(table)).toEqual({ new: "1" });
    expect(change).toMatchObject({ completed: true, entries: [{ key: "old", value: undefined }] });
  });

  it("does not compare sums with a sender that is itself incomplete", () => {
    const table = new ShardTable();
    table.complete(id, at(1n, 1n));
    table.apply({ ...piece, complete: false, sum: 42n, entries: [entry("x", "1")] });
    expect(held(table)).toEqual({ x: "1" });
  });
});
