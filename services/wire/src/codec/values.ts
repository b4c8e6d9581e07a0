// One table from shard kind to value type and codec: the door through which every entry passes.

import type {
  ClusterFact,
  ExportFact,
  ExportStatus,
  Member,
  MergedService,
  NamespaceFact,
  NodeFact,
  ReachFact,
  ShardKind,
  Stub,
} from "@sealane/core";
import { WireError } from "../error.ts";
import * as facts from "./facts.ts";
import * as published from "./published.ts";

/** The value type of each shard kind. */
export interface Values {
  cluster: ClusterFact;
  node: NodeFact;
  namespace: NamespaceFact;
  export: ExportFact;
  reach: ReachFact;
  path: NamespaceFact;
  member: Member;
  import: MergedService;
  stub: Stub;
  exportStatus: ExportStatus;
}

interface Codec<T> {
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

const codecs: { readonly [K in ShardKind]: Codec<Values[K]> } = {
  cluster: { encode: facts.encodeClusterFact, decode: facts.decodeClusterFact },
  node: { encode: facts.encodeNodeFact, decode: facts.decodeNodeFact },
  namespace: { encode: facts.encodeNamespaceFact, decode: facts.decodeNamespaceFact },
  export: { encode: facts.encodeExportFact, decode: facts.decodeExportFact },
  reach: { encode: facts.encodeReachFact, decode: facts.decodeReachFact },
  path: { encode: facts.encodeNamespaceFact, decode: facts.decodeNamespaceFact },
  member: { encode: published.encodeMember, decode: published.decodeMember },
  import: { encode: published.encodeMergedService, decode: published.decodeMergedService },
  stub: { encode: published.encodeStub, decode: published.decodeStub },
  exportStatus: { encode: published.encodeExportStatus, decode: published.decodeExportStatus },
};

/** The canonical bytes of a value: equal values, equal bytes. */
export function encodeValue<K extends ShardKind>(kind: K, value: Values[K]): Uint8Array {
  return codecs[kind].encode(value);
}

/** The value of an entry. Throws WireError `malformed`, naming the kind. */
export function decodeValue<K extends ShardKind>(kind: K, bytes: Uint8Array): Values[K] {
  try {
    return codecs[kind].decode(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new WireError(
      "malformed",
      `cannot decode a value of kind ${kind} (${bytes.length} bytes): ${why}`,
      { cause },
    );
  }
}
