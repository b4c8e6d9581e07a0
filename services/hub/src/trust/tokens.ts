// Join tokens: made for one cluster, good once and for a while. The secret itself is never stored.
// Refuses with one clear sentence for each way in which a token can be unusable.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { formatJoinToken, parseJoinToken } from "@sealane/wire";
import { RevisionConflict } from "../store/store.ts";
import type { Store } from "../store/store.ts";

/** A token as it is kept. Times are Unix microseconds; 0 means not yet. */
export interface TokenRecord {
  readonly id: string;
  readonly cluster: string;
  /** SHA-256 of the secret, hex; the secret has 256 random bits, so no slow hash is needed. */
  readonly secretHash: string;
  readonly createdUnixUs: number;
  readonly expiresUnixUs: number;
  readonly usedUnixUs: number;
  readonly revokedUnixUs: number;
}

/** Why a token is unusable. */
export type TokenFault =
  | "malformed"
  | "foreign"
  | "unknown"
  | "wrongCluster"
  | "revoked"
  | "used"
  | "expired"
  | "bound";

/** A token that cannot be made, used or revoked; the message names the cure and never the secret. */
export class TokenError extends Error {
  readonly fault: TokenFault;

  constructor(fault: TokenFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TokenError";
    this.fault = fault;
  }
}

/** Makes, checks and revokes tokens. */
export interface Tokens {
  /** The whole token, to be shown once. */
  create(cluster: string, ttlMs: number): Promise<{ readonly token: string; readonly record: TokenRecord }>;
  /** Newest first. */
  list(): Promise<readonly TokenRecord[]>;
  revoke(id: string): Promise<TokenRecord>;
  /** The token, if it would be taken now; throws as `redeem` does and uses nothing up. */
  check(text: string, cluster: string): Promise<TokenRecord>;
  /** Uses the token up for a cluster: it is stored as used when this resolves, so it works once even over a crash. */
  redeem(text: string, cluster: string): Promise<TokenRecord>;
}

/** How long a token may be used when nobody says otherwise. */
export const tokenTtlDefaultMs = 3_600_000;
const tokenTtlMaxMs = 7 * 24 * 3_600_000;
/** Tokens are forgotten this long after they expired. */
const keptAfterExpiryMs = 7 * 24 * 3_600_000;
const tokensMax = 10_000;

/** What every token function needs. */
interface Book {
  readonly store: Store;
  readonly authorityHash: string;
  readonly now: () => number;
}

/** Tokens over a store. `authorityHash` is that of the hub's CA. */
export function openTokens(store: Store, authorityHash: string, now: () => number): Tokens {
  const book: Book = { store, authorityHash, now };
  return {
    create: (cluster, ttlMs) => create(book, cluster, ttlMs),
    list: () => list(book),
    revoke: (id) => revoke(book, id),
    check: async (text, cluster) => (await usable(book, text, cluster)).record,
    redeem: (text, cluster) => redeem(book, text, cluster),
  };
}

async function create(
  book: Book,
  cluster: string,
  ttlMs: number,
): Promise<{ readonly token: string; readonly record: TokenRecord }> {
  if (ttlMs <= 0 || ttlMs > tokenTtlMaxMs) {
    const asked = `${Math.round(ttlMs / 1000)} s`;
    const message = `Cannot create a token that holds for ${asked}: it must be 1 s to 7 days (604800 s).`;
    throw new TokenError("bound", message);
  }
  await forgetOld(book.store, await list(book), book.now());
  const secret = randomBytes(32).toString("base64url");
  const created = book.now() * 1000;
  const record: TokenRecord = {
    id: randomBytes(6).toString("hex"),
    cluster,
    secretHash: hashSecret(secret).toString("hex"),
    createdUnixUs: created,
    expiresUnixUs: created + ttlMs * 1000,
    usedUnixUs: 0,
    revokedUnixUs: 0,
  };
  await write(book, record, 0);
  const { authorityHash } = book;
  return { token: formatJoinToken({ cluster, id: record.id, secret, authorityHash }), record };
}

async function list({ store }: Book): Promise<TokenRecord[]> {
  const records = (await store.list("tokens")).map(({ value }) => JSON.parse(value) as TokenRecord);
  return records.toSorted((a, b) => b.createdUnixUs - a.createdUnixUs || (a.id < b.id ? -1 : 1));
}

async function revoke(book: Book, id: string): Promise<TokenRecord> {
  const found = await read(book, id);
  if (found === undefined) {
    const message = `Cannot revoke token "${id}": there is none of this id. See "sealane token list".`;
    throw new TokenError("unknown", message);
  }
  if (found.record.revokedUnixUs !== 0) return found.record;
  const revoked = { ...found.record, revokedUnixUs: book.now() * 1000 };
  await write(book, revoked, found.revision);
  return revoked;
}

async function redeem(book: Book, text: string, cluster: string): Promise<TokenRecord> {
  const found = await usable(book, text, cluster);
  const used = { ...found.record, usedUnixUs: book.now() * 1000 };
  try {
    await write(book, used, found.revision);
  } catch (error) {
    if (!(error instanceof RevisionConflict)) throw error;
    throw unusable(found.record, "used", "it was used or revoked a moment ago");
  }
  return used;
}

/** A token as it stands in the store. */
interface Found {
  readonly record: TokenRecord;
  readonly revision: number;
}

async function read({ store }: Book, id: string): Promise<Found | undefined> {
  const found = await store.get("tokens", id);
  return found && { record: JSON.parse(found.value) as TokenRecord, revision: found.revision };
}

function write({ store }: Book, record: TokenRecord, expected: number): Promise<number> {
  return store.write([{ collection: "tokens", key: record.id, value: JSON.stringify(record), expected }]);
}

async function usable(book: Book, text: string, cluster: string): Promise<Found> {
  const token = parse(text);
  if (token.authorityHash !== book.authorityHash) {
    throw foreign("foreign", token.id, "it was made by a hub with another CA");
  }
  const found = await read(book, token.id);
  if (found === undefined) throw foreign("unknown", token.id, "this hub has no token of that id");
  checkUsable(found.record, token.secret, cluster, book.now());
  return found;
}

function parse(text: string): ReturnType<typeof parseJoinToken> {
  try {
    return parseJoinToken(text);
  } catch (error) {
    throw new TokenError("malformed", error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

function checkUsable(record: TokenRecord, secret: string, cluster: string, now: number): void {
  const { id } = record;
  if (!timingSafeEqual(hashSecret(secret), Buffer.from(record.secretHash, "hex"))) {
    throw foreign("unknown", id, "its secret is not the one that this hub made");
  }
  if (record.cluster !== cluster) {
    throw new TokenError(
      "wrongCluster",
      `Cannot join as "${cluster}" with token "${id}": it was made for cluster "${record.cluster}". ` +
        `Use that name, or run: sealane token create ${cluster}`,
    );
  }
  if (record.revokedUnixUs !== 0)
    throw unusable(record, "revoked", `it was revoked at ${timeText(record.revokedUnixUs)}`);
  if (record.usedUnixUs !== 0)
    throw unusable(record, "used", `it was used at ${timeText(record.usedUnixUs)}, and a token works once`);
  if (now * 1000 >= record.expiresUnixUs)
    throw unusable(record, "expired", `it expired at ${timeText(record.expiresUnixUs)}`);
}

function foreign(fault: "foreign" | "unknown", id: string, why: string): TokenError {
  return new TokenError(
    fault,
    `Cannot join with token "${id}": ${why}. Create one at this hub with "sealane token create", or point the agent at the hub that made it.`,
  );
}

function unusable(record: TokenRecord, fault: TokenFault, why: string): TokenError {
  return new TokenError(
    fault,
    `Cannot join as "${record.cluster}" with token "${record.id}": ${why}. Run: sealane token create ${record.cluster}`,
  );
}

async function forgetOld(store: Store, records: readonly TokenRecord[], now: number): Promise<void> {
  const old = records.filter(({ expiresUnixUs }) => expiresUnixUs / 1000 + keptAfterExpiryMs < now);
  if (records.length - old.length >= tokensMax) {
    throw new TokenError(
      "bound",
      `Cannot create a token: ${tokensMax} exist. They are forgotten 7 days after they expire.`,
    );
  }
  if (old.length === 0) return;
  await store.write(old.map(({ id }) => ({ collection: "tokens" as const, key: id, value: undefined })));
}

function hashSecret(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

function timeText(unixUs: number): string {
  return new Date(unixUs / 1000).toISOString().replace(/\.\d+Z$/, "Z");
}
