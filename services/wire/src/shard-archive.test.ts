// Shards as bytes to keep: the table that comes out is the table that went in, or none.

import type { ShardId } from "@sealane/core";
import { expect, test } from "vitest";
import { archiveShard, openArchive } from "./shard-archive.ts";
import { ShardTable } from "./shard-table.ts";

const nodes: ShardId = { kind: "node", origin: "a", namespace: "" };
const pods: ShardId = { kind: "reach", origin: "a", namespace: "shop" };
const members: ShardId = { kind: "member", origin: "", namespace: "" };

function filled(): ShardTable {
  const table = new ShardTable();
  table.put(nodes, "a1", new Uint8Array([1, 2]), 11n, { epoch: 2n, sequence: 1n });
  table.put(nodes, "a2", new Uint8Array([3]), 12n, { epoch: 2n, sequence: 2n });
  table.complete(nodes, { epoch: 2n, sequence: 3n });
  table.put(pods, "web/a1", new Uint8Array([4]), 13n, { epoch: 2n, sequence: 4n });
  table.complete(members, { epoch: 2n, sequence: 5n });
  return table;
}

const archive = (table: ShardTable): Buffer =>
  Buffer.concat(table.states().map(({ id }) => archiveShard(table, id)));

test("states and entries are the same, of whole shards, empty ones, and those that are not whole", () => {
  const table = filled();
  const opened = openArchive(archive(table));
  expect(opened.states()).toEqual(table.states());
  for (const { id } of table.states()) expect([...opened.entries(id)]).toEqual([...table.entries(id)]);
  expect(opened.state(pods)?.complete).toBe(false);
});

test("what is older than what was archived changes nothing", () => {
  const opened = openArchive(archive(filled()));
  const section = { id: nodes, begin: true, end: true, complete: true, sum: 0n, entries: [] };
  expect(opened.apply({ ...section, position: { epoch: 2n, sequence: 2n } }).entries).toEqual([]);
  expect(opened.apply({ ...section, position: { epoch: 2n, sequence: 9n } }).entries).toHaveLength(2);
});

test("nothing is an empty archive, and a shard that is not there is nothing", () => {
  expect(openArchive(new Uint8Array(0)).states()).toEqual([]);
  expect(archiveShard(filled(), { ...pods, namespace: "blog" })).toHaveLength(0);
});

test("bytes that are no archive are refused", () => {
  expect(() => openArchive(new Uint8Array([0xff, 0xff, 0xff]))).toThrow(
    expect.objectContaining({ code: "malformed", message: expect.stringContaining("3 bytes") }),
  );
});

test("one flipped bit of a value is refused, whether the shard is whole or not", () => {
  for (const id of [nodes, pods]) {
    const table = filled();
    const bytes = archiveShard(table, id);
    const value = [...table.entries(id).values()][0]?.value ?? new Uint8Array();
    const at = Buffer.from(bytes).indexOf(Buffer.from([0x12, value.length, ...value]));
    expect(at).toBeGreaterThan(0);
    bytes[at + 2] = (bytes[at + 2] ?? 0) ^ 0x10;
    expect(() => openArchive(bytes)).toThrow(expect.objectContaining({ code: "mismatch" }));
  }
});
