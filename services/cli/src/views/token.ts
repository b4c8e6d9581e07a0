// A join token as the command line shows it. Only `token create` ever has the secret.

import type { admin } from "@sealane/wire";
import type { Kind } from "../print/document.ts";
import { ageOf, instant } from "./words.ts";

/** One item of a TokenList. */
export interface Token {
  readonly id: string;
  /** The cluster that may use it. */
  readonly cluster: string;
  readonly state: "usable" | "used" | "expired" | "revoked";
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  readonly usedAt: string | null;
  readonly revokedAt: string | null;
}

/** From the admin message; `now` is Unix milliseconds. */
export function toToken(info: admin.TokenInfo, now: number): Token {
  return {
    id: info.id,
    cluster: info.cluster,
    state: stateOf(info, now),
    createdAt: instant(info.createdUnixUs),
    expiresAt: instant(info.expiresUnixUs),
    usedAt: instant(info.usedUnixUs),
    revokedAt: instant(info.revokedUnixUs),
  };
}

function stateOf(info: admin.TokenInfo, now: number): Token["state"] {
  if (info.revokedUnixUs !== 0n) return "revoked";
  if (info.usedUnixUs !== 0n) return "used";
  return info.expiresUnixUs <= BigInt(now) * 1_000n ? "expired" : "usable";
}

/** Of `token list`. */
export const tokenKind: Kind<Token> = {
  word: "token",
  document: "TokenList",
  name: (it) => it.id,
  columns: [
    { title: "ID", cell: (it) => it.id },
    { title: "CLUSTER", cell: (it) => it.cluster },
    { title: "STATE", cell: (it) => it.state, tone: (it) => (it.state === "usable" ? "good" : "plain") },
    { title: "EXPIRES", cell: (it) => it.expiresAt ?? "" },
    { title: "USED", wide: true, cell: (it) => it.usedAt ?? "" },
    { title: "REVOKED", wide: true, cell: (it) => it.revokedAt ?? "" },
    { title: "AGE", cell: (it, { now }) => ageOf(it.createdAt, now) },
  ],
};
