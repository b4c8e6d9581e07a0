// Joining the hub: the token's fingerprint proves the hub's CA, then the token buys one certificate. Refuses to
// show the token to a server whose CA is not the token's.

import { connect } from "node:tls";
import type { DetailedPeerCertificate } from "node:tls";
import * as grpc from "@grpc/grpc-js";
import type { SecureChannel } from "@sealane/wire";
import { authorityHash, joinClient, parseJoinToken, secureChannel } from "@sealane/wire";
import type { HubCredentials } from "./keys.ts";
import { certificatesToPem, makeRequest } from "./keys.ts";

const connectTimeoutMs = 10_000;

/** The hub said no to a token: showing it again is of no use. */
export class TokenRefused extends Error {
  readonly token: string;

  constructor(token: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = "TokenRefused";
    this.token = token;
  }
}

const tokenRefusals: readonly unknown[] = [
  grpc.status.INVALID_ARGUMENT,
  grpc.status.UNAUTHENTICATED,
  grpc.status.PERMISSION_DENIED,
];

/** Whether a call's error says that the hub does not take our certificate for what we asked. */
export function isRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code === grpc.status.UNAUTHENTICATED || code === grpc.status.PERMISSION_DENIED;
}

function codeOf(error: unknown): unknown {
  return (error as Partial<grpc.ServiceError> | undefined)?.code;
}

/** `host:port` taken apart; IPv6 hosts stand in brackets. Throws naming the text. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const found = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:]+)):(?<port>\d{1,5})$/.exec(text);
  const host = found?.groups?.["six"] ?? found?.groups?.["host"];
  const port = Number(found?.groups?.["port"]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new Error(
      `Cannot read the hub's address "${text}": write host:port, with IPv6 addresses in brackets`,
    );
  }
  return { host, port };
}

/** The address of the join service, which listens one port below the sessions unless told otherwise. */
export function joinAddress(sessions: string): string {
  const { host, port } = parseAddress(sessions);
  return host.includes(":") ? `[${host}]:${port - 1}` : `${host}:${port - 1}`;
}

/**
 * The CA certificate (PEM) of the server at `address` whose public key has this fingerprint. Throws when the
 * server cannot be reached or shows no such CA: then the token was made by another hub, or somebody stands between.
 */
export async function fetchAuthority(address: string, hash: string): Promise<string> {
  const { host, port } = parseAddress(address);
  const chain = await peerChain(host, port, address);
  const found = chain.find(({ raw }) => authorityHash(raw) === hash);
  if (found === undefined) {
    throw new Error(
      `Refused to join at ${address}: no certificate that it shows has the fingerprint in the join token. ` +
        `The token was made by another hub, or the address is wrong. Create a token on this hub: sealane token create`,
    );
  }
  return certificatesToPem([found.raw]);
}

function peerChain(host: string, port: number, address: string): Promise<DetailedPeerCertificate[]> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(
        new Error(
          `Cannot reach the hub's join service at ${address}: ${cause.message}. Check the address and that the hub runs.`,
          { cause },
        ),
      );
    // Nothing is trusted yet: the chain is judged by its fingerprint, and nothing secret is sent here.
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ALPNProtocols: ["h2"],
      timeout: connectTimeoutMs,
    });
    socket.once("timeout", () => socket.destroy(new Error(`no answer within ${connectTimeoutMs} ms`)));
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      const chain: DetailedPeerCertificate[] = [];
      let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
      while (next?.raw !== undefined && !chain.some(({ raw }) => raw.equals(next?.raw ?? Buffer.alloc(0)))) {
        chain.push(next);
        next = next.issuerCertificate;
      }
      socket.destroy();
      resolve(chain);
    });
  });
}

/**
 * Trades the token for the cluster's first certificate. Errors of the hub are passed on in its words.
 * @throws TokenRefused when the hub was asked and does not take the token
 */
export async function join(
  sessions: string,
  tokenText: string,
): Promise<{ readonly cluster: string; readonly credentials: HubCredentials }> {
  const token = parseJoinToken(tokenText);
  const address = joinAddress(sessions);
  const authority = await fetchAuthority(address, token.authorityHash);
  const { key, request } = await makeRequest(token.cluster);
  const to = secureChannel(address, { authorities: authority });
  const client = joinClient(address, to.credentials, to.options);
  try {
    const answer = await client.join({
      token: tokenText.trim(),
      cluster: token.cluster,
      certificateRequest: request,
    });
    const credentials = {
      certificate: certificatesToPem([answer.certificate]),
      key,
      authorities: certificatesToPem(answer.authorities),
    };
    return { cluster: token.cluster, credentials };
  } catch (cause) {
    const said = (cause as Partial<grpc.ServiceError>).details ?? String(cause);
    const message = `Cannot join as cluster "${token.cluster}" at ${address}: ${said}`;
    if (tokenRefusals.includes(codeOf(cause))) throw new TokenRefused(tokenText.trim(), message, cause);
    throw new Error(message, { cause });
  } finally {
    client.close();
  }
}

/** Trades a certificate that still holds for its successor. */
export async function renew(
  sessions: string,
  cluster: string,
  credentials: HubCredentials,
): Promise<HubCredentials> {
  const { key, request } = await makeRequest(cluster);
  const to = hubChannel(sessions, credentials);
  const client = joinClient(sessions, to.credentials, to.options);
  try {
    const answer = await client.renew({ certificateRequest: request });
    return {
      certificate: certificatesToPem([answer.certificate]),
      key,
      authorities: certificatesToPem(answer.authorities),
    };
  } finally {
    client.close();
  }
}

/** How this agent connects to the hub at `host:port` as a member. */
export function hubChannel(
  sessions: string,
  { authorities, key, certificate }: HubCredentials,
): SecureChannel {
  return secureChannel(sessions, { authorities, own: { key, certificate } });
}
