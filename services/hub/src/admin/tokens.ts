// Administration of join tokens. The secret is in one answer and nowhere else, not even in the log.

import { clusterNameFault } from "@sealane/core";
import type { admin, AdminHandlers } from "@sealane/wire";
import * as grpc from "@grpc/grpc-js";
import type { Journal } from "../journal/journal.ts";
import { CallError } from "../server/peers.ts";
import type { Caller } from "../server/peers.ts";
import type { TokenRecord, Tokens } from "../trust/tokens.ts";
import { TokenError, tokenTtlDefaultMs } from "../trust/tokens.ts";

type TokenInit = Omit<admin.TokenInfo, "$typeName">;

/** CreateToken, ListTokens, RevokeToken. `nameOf` tells who calls. */
export function tokenVerbs(
  tokens: Tokens,
  journal: Journal,
  nameOf: (caller: Caller) => string,
): Pick<AdminHandlers, "createToken" | "listTokens" | "revokeToken"> {
  const note = (kind: "TokenCreated" | "TokenRevoked", { id, cluster }: TokenRecord, message: string): void =>
    journal.note({ kind, cluster, subject: `token/${id}`, message });
  return {
    createToken: async ({ cluster, ttlSeconds }, call) => {
      const fault = clusterNameFault(cluster);
      if (fault !== undefined)
        throw new CallError(grpc.status.INVALID_ARGUMENT, `Cannot create a token: ${fault}`);
      const ttlMs = ttlSeconds === 0 ? tokenTtlDefaultMs : ttlSeconds * 1000;
      const { token, record } = await tokens.create(cluster, ttlMs).catch(refuse);
      const until = new Date(record.expiresUnixUs / 1000).toISOString();
      note("TokenCreated", record, `${nameOf(call)} made it; it can be used once, until ${until}`);
      return { token, info: tokenInfo(record) };
    },
    listTokens: async () => ({ tokens: (await tokens.list()).map(tokenInfo) }),
    revokeToken: async ({ id }, call) => {
      const record = await tokens.revoke(id).catch(refuse);
      note("TokenRevoked", record, `${nameOf(call)} revoked it`);
      return { info: tokenInfo(record) };
    },
  };
}

function tokenInfo(record: TokenRecord): TokenInit {
  return {
    id: record.id,
    cluster: record.cluster,
    createdUnixUs: BigInt(record.createdUnixUs),
    expiresUnixUs: BigInt(record.expiresUnixUs),
    usedUnixUs: BigInt(record.usedUnixUs),
    revokedUnixUs: BigInt(record.revokedUnixUs),
  };
}

function refuse(error: unknown): never {
  if (!(error instanceof TokenError)) throw error;
  const code = error.fault === "unknown" ? grpc.status.NOT_FOUND : grpc.status.INVALID_ARGUMENT;
  throw new CallError(code, error.message);
}
