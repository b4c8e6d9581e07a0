// Shards as bytes to keep, with their positions and sums, and a table made of such bytes again. Refuses bytes that do
// not hold what their sums say.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ShardId } from "@sealane/core";
import { shardKey } from "@sealane/core";
import type { Section } from "./codec/shards.ts";
import { fromWireSection, toWireSection } from "./codec/shards.ts";
import { WireError } from "./error.ts";
import { FrameSchema } from "./generated/sealane/v1/session_pb.ts";
import { ShardTable } from "./shard-table.ts";

/**
 * One shard of the table as bytes; none when the table does not have it. The bytes of several shards one after the other
 * are an archive of all of them: they are frames of session.proto, and protobuf joins messages that way.
 */
export function archiveShard(table: ShardTable, id: ShardId): Uint8Array {
  const state = table.state(id);
  if (state === undefined) return new Uint8Array(0);
  const { position, complete, sum } = state;
  const entries = [...table.entries(id)].map(([key, { value, observedUnixUs }]) => ({
    key,
    value,
    observedUnixUs,
  }));
  // A shard that is not whole travels as plain changes, here as on a session.
  const section = { id, position, begin: complete, end: complete, complete, sum, entries };
  return toBinary(FrameSchema, create(FrameSchema, { sections: [toWireSection(section)] }));
}

/** The table that was archived. Throws WireError: `malformed` or `oversized`, or `mismatch` when a sum does not agree. */
export function openArchive(bytes: Uint8Array): ShardTable {
  const table = new ShardTable();
  for (const section of sectionsOf(bytes)) {
    table.apply(section);
    const sum = table.state(section.id)?.sum;
    if (sum === section.sum) continue;
    throw new WireError("mismatch", `sum of shard ${shardKey(section.id)} is ${sum}, not ${section.sum}`);
  }
  return table;
}

function sectionsOf(bytes: Uint8Array): readonly Section[] {
  try {
    return fromBinary(FrameSchema, bytes).sections.map(fromWireSection);
  } catch (cause) {
    if (cause instanceof WireError) throw cause;
    throw new WireError("malformed", `${bytes.length} bytes are no archive of shards`, { cause });
  }
}
