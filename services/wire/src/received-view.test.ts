// What a receiver may conclude from what it was not sent.

import type { ShardId } from "@sealane/core";
import { stubShard } from "@sealane/core";
import { expect, test } from "vitest";
import { ReceivedView } from "./received-view.ts";
import { ShardTable } from "./shard-table.ts";

const at = { epoch: 1n, sequence: 1n };
const imports: ShardId = { kind: "import", origin: "", namespace: "shop" };

test("a namespace is unheard of once everything was received, what is merged is whole, and it is not among it", () => {
  const table = new ShardTable();
  const view = new ReceivedView(table);
  table.put(stubShard, "a", new Uint8Array(), 1n, at);
  expect(view.unheardOf(imports)).toBe(false);
  view.caughtUp();
  // A cluster that is yet to be heard may export from it.
  expect(view.unheardOf(imports)).toBe(false);
  table.complete(stubShard, at);
  expect(view.unheardOf(imports)).toBe(true);
  expect(view.complete(imports)).toBe(false);
  table.put(imports, "web", new Uint8Array([1]), 1n, at);
  expect(view.unheardOf(imports)).toBe(false);
});

test("before everything was received nothing is unheard of", () => {
  const table = new ShardTable();
  table.complete(stubShard, at);
  expect(new ReceivedView(table).unheardOf(imports)).toBe(false);
});
