// Administration of join tokens. The secret is in one answer and nowhere else, not even in the log.

import { clusterNameFault } from "@sealane/core";
import type { admin, AdminHandlers } from "@sealane/wire";
import * as grpc from "@grpc/grpc-js";
import { CallError } from "../server/peers.ts";
import type { TokenRecord, Tokens } from "../trust/tokens.ts";
import { TokenError, tokenTtlDefaultMs } from "../trust/tokens.ts";

type TokenInit = Omit<admin.TokenInfo, "$typeName">;

/** CreateToken, ListTokens, RevokeToken. */
export function tokenVerbs(
  tokens: Tokens,
): Pick<AdminHandlers, "createToken" | "listTokens" | "revokeToken"> {
  return {
    createToken: async ({ cluster, ttlSeconds }) => {
      const fault = clusterNameFault(cluster);
      if (fault !== undefined)
        throw new CallError(grpc.status.INVALID_ARGUMENT, `Cannot create a token: ${fault}`);
      const ttlMs = ttlSeconds === 0 ? tokenTtlDefaultMs : ttlSeconds * 1000;
      const { token, record } = await tokens.create(cluster, ttlMs).catch(refuse);
      return { token, info: tokenInfo(record) };
    },
    listTokens: async () => ({ tokens: (await tokens.list()).map(tokenInfo) }),
    revokeToken: async ({ id }) => ({ info: tokenInfo(await tokens.revoke(id).catch(refuse)) }),
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
