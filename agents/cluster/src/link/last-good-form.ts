// The form of an agent's last good state: a small head that says what belongs together, and the received shards,
// compressed and cut into pieces. Refuses whatever its sum does not vouch for: never half a state.

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { constants, gunzip, gzip } from "node:zlib";
import { lastGoodPieceBytesMax, lastGoodPiecesMax } from "@sealane/core";
import type { ShardTable } from "@sealane/wire";
import { archiveShard, openArchive } from "@sealane/wire";

/** Whose state it is: another cluster's name or another hub's word is no state of this one. */
export interface Owner {
  readonly cluster: string;
  /** Fingerprint of the hub's CA. */
  readonly authority: string;
}

/**
 * `current`: it is all that was seen when its writer was last heard of. `behind`: more was seen afterwards, so what was
 * made of that may be newer than what is kept.
 */
export type Standing = "current" | "behind";

/** What belongs together. */
export interface Head extends Owner {
  /** Epoch of the leader that wrote it. */
  readonly epoch: bigint;
  readonly standing: Standing;
  /** How many pieces there are; none when the state was too large to be kept. */
  readonly pieces: number;
  /** SHA-256 of all pieces in order, hexadecimal. */
  readonly sum: string;
}

const formVersion = "1";
/** A shard takes milliseconds at most; other work gets its turn after this long. */
const turnMs = 5;
/** No archive that was written can be larger. */
const archiveBytesMax = 256 * 1024 * 1024;

/** The received shards in pieces, or undefined when they are more than may be kept. */
export async function piecesOf(table: ShardTable): Promise<readonly Uint8Array[] | undefined> {
  const parts: Uint8Array[] = [];
  let turnEndsAtMs = performance.now() + turnMs;
  for (const { id } of table.states()) {
    parts.push(archiveShard(table, id));
    if (performance.now() < turnEndsAtMs) continue;
    await setImmediate();
    turnEndsAtMs = performance.now() + turnMs;
  }
  const bytes = await promisify(gzip)(Buffer.concat(parts), { level: constants.Z_BEST_SPEED });
  const count = Math.max(1, Math.ceil(bytes.length / lastGoodPieceBytesMax));
  if (count > lastGoodPiecesMax) return undefined;
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * lastGoodPieceBytesMax, (index + 1) * lastGoodPieceBytesMax),
  );
}

/** The shards of these pieces. Rejects, saying what is wrong, unless every byte is as it was written. */
export async function shardsOf(pieces: readonly Uint8Array[], sum: string): Promise<ShardTable> {
  const found = sumOf(pieces);
  if (found !== sum) throw new Error(`its pieces have the sum ${found}, and its head says ${sum}`);
  const bytes = await promisify(gunzip)(Buffer.concat(pieces), { maxOutputLength: archiveBytesMax });
  return openArchive(bytes);
}

/** SHA-256 over the pieces in order, hexadecimal. */
export function sumOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** The head as values of a Secret. */
export function formatHead({ epoch, pieces, ...texts }: Head): Record<string, string> {
  return { version: formVersion, ...texts, epoch: String(epoch), pieces: String(pieces) };
}

/** Reads a head. Throws an Error that says what is wrong. */
export function parseHead(values: ReadonlyMap<string, Buffer>): Head {
  const text = (key: string): string => values.get(key)?.toString("utf8") ?? "";
  if (text("version") !== formVersion)
    throw new Error(`its form is "${text("version")}", this version reads "${formVersion}"`);
  const standing = text("standing");
  if (standing !== "current" && standing !== "behind") throw new Error(`its standing is "${standing}"`);
  const pieces = Number(text("pieces"));
  const valid = Number.isInteger(pieces) && pieces >= 0 && pieces <= lastGoodPiecesMax;
  if (!valid || !/^[0-9]{1,18}$/.test(text("epoch")))
    throw new Error(`it has "${text("pieces")}" pieces of epoch "${text("epoch")}"`);
  return {
    cluster: text("cluster"),
    authority: text("authority"),
    epoch: BigInt(text("epoch")),
    standing,
    pieces,
    sum: text("sum"),
  };
}
