// The digest of one entry: over its key and exactly the bytes that travel.

import { hash } from "node:crypto";

const separator = Buffer.from([0]);

/** 64 bits of SHA-256 over key, a zero byte, and value. */
export function entryDigest(key: string, value: Uint8Array): bigint {
  return hash("sha256", Buffer.concat([Buffer.from(key), separator, value]), "buffer").readBigUInt64BE(0);
}
