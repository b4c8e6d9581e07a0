// Shard names, positions, states and sections, both ways.

import { create } from "@bufbuild/protobuf";
import type { Position, ShardId, ShardState } from "@sealane/core";
import { entryBytesMax, entryKeyCharsMax } from "@sealane/core";
import type {
  Section as WireSection,
  ShardId as WireId,
  ShardState as WireState,
} from "../generated/sealane/v1/shard_pb.ts";
import { SectionSchema, ShardStateSchema } from "../generated/sealane/v1/shard_pb.ts";
import { WireError } from "../error.ts";
import { shardKindWords } from "./enums.ts";

/** One entry of a section: a value, or undefined when the entry is gone. */
export interface SectionEntry {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  /** When its origin observed it, Unix microseconds by the origin's clock. */
  readonly observedUnixUs: bigint;
}

/** A piece of a shard; see Section in shard.proto. */
export interface Section {
  readonly id: ShardId;
  readonly position: Position;
  readonly begin: boolean;
  readonly end: boolean;
  /** Whether the sender itself holds the shard to its end; only then does `sum` say anything. */
  readonly complete: boolean;
  readonly sum: bigint;
  readonly entries: readonly SectionEntry[];
}

const empty = new Uint8Array(0);

function toWireId(id: ShardId) {
  return { kind: shardKindWords.encode(id.kind), origin: id.origin, namespace: id.namespace };
}

function fromWireId(id: WireId | undefined): ShardId {
  if (id === undefined) throw new WireError("malformed", "a section or state names no shard");
  if (id.origin.includes("|") || id.namespace.includes("|")) {
    throw new WireError("malformed", `shard name holds a bar: "${id.origin}" "${id.namespace}"`);
  }
  return { kind: shardKindWords.decode(id.kind), origin: id.origin, namespace: id.namespace };
}

export function toWireState(state: ShardState): WireState {
  const { id, position, complete, sum } = state;
  return create(ShardStateSchema, { id: toWireId(id), position: { ...position }, complete, sum });
}

export function fromWireState(state: WireState): ShardState {
  const { epoch, sequence } = state.position ?? { epoch: 0n, sequence: 0n };
  return {
    id: fromWireId(state.id),
    position: { epoch, sequence },
    complete: state.complete,
    sum: state.sum,
  };
}

export function toWireSection(section: Section): WireSection {
  return create(SectionSchema, {
    id: toWireId(section.id),
    position: { ...section.position },
    begin: section.begin,
    end: section.end,
    complete: section.complete,
    sum: section.sum,
    entries: section.entries.map(({ key, value, observedUnixUs }) => ({
      key,
      value: value ?? empty,
      removed: value === undefined,
      observedUnixUs,
    })),
  });
}

/** Throws WireError `malformed` or `oversized`; what comes out needs no further check of form. */
export function fromWireSection(section: WireSection): Section {
  const { epoch, sequence } = section.position ?? { epoch: 0n, sequence: 0n };
  for (const { key, value } of section.entries) {
    if (key.length > entryKeyCharsMax)
      throw new WireError("oversized", `entry key of ${key.length} characters`);
    if (value.length > entryBytesMax)
      throw new WireError("oversized", `entry "${key}" of ${value.length} bytes`);
  }
  return {
    id: fromWireId(section.id),
    position: { epoch, sequence },
    begin: section.begin,
    end: section.end,
    complete: section.complete,
    sum: section.sum,
    entries: section.entries.map(({ key, value, removed, observedUnixUs }) => ({
      key,
      // A copy: the decoded bytes are a window on the whole message, which would live as long as the entry.
      value: removed ? undefined : new Uint8Array(value),
      observedUnixUs,
    })),
  };
}
