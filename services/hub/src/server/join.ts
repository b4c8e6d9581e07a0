// Joining and renewal: a token buys the first certificate, a certificate that still holds buys the next.
// Refuses each on the other's port, and says where to go.

import * as grpc from "@grpc/grpc-js";
import { clusterNameFault } from "@sealane/core";
import type { JoinHandlers } from "@sealane/wire";
import type { Logger } from "pino";
import type { Journal } from "../journal/journal.ts";
import type { Authority } from "../trust/authority.ts";
import { RequestError } from "../trust/authority.ts";
import { signForCluster } from "../trust/certificates.ts";
import type { TokenFault, Tokens } from "../trust/tokens.ts";
import { TokenError } from "../trust/tokens.ts";
import { CallError } from "./peers.ts";
import type { Peers } from "./peers.ts";

/** What joining needs. */
export interface JoinOptions {
  readonly authority: Authority;
  readonly tokens: Tokens;
  readonly peers: Peers;
  readonly certificateTtlMs: number;
  /** Whether the cluster is on its way out: what was signed for it now would be refused in a moment. */
  readonly isLeaving: (cluster: string) => boolean;
  readonly log: Logger;
  readonly journal: Journal;
}

const statusOfFault: Readonly<Record<TokenFault, grpc.status>> = {
  malformed: grpc.status.INVALID_ARGUMENT,
  bound: grpc.status.INVALID_ARGUMENT,
  wrongCluster: grpc.status.PERMISSION_DENIED,
  foreign: grpc.status.UNAUTHENTICATED,
  unknown: grpc.status.UNAUTHENTICATED,
  revoked: grpc.status.UNAUTHENTICATED,
  used: grpc.status.UNAUTHENTICATED,
  expired: grpc.status.UNAUTHENTICATED,
};

/** JoinService as the port without client certificates serves it. */
export function joinHandlers(options: JoinOptions): JoinHandlers {
  const { authority, tokens, certificateTtlMs, log, journal } = options;
  return {
    join: async ({ token, cluster, certificateRequest }, call) => {
      try {
        const fault = clusterNameFault(cluster);
        if (fault !== undefined) throw new CallError(grpc.status.INVALID_ARGUMENT, `Cannot join: ${fault}`);
        // Nothing is signed for a stranger, and a broken request does not use the token up.
        const { createdUnixUs } = await tokens.check(token, cluster);
        if (options.isLeaving(cluster)) throw leavingNow(cluster);
        const certificate = await signForCluster(authority, {
          cluster,
          request: certificateRequest,
          ttlMs: certificateTtlMs,
          tokenUnixUs: createdUnixUs,
        });
        const { id } = await tokens.redeem(token, cluster);
        log.info({ cluster, token: id, peer: call.getPeer() }, "cluster joined");
        const message = `joined from ${call.getPeer()} with token ${id}`;
        journal.note({ kind: "TokenUsed", cluster, subject: `token/${id}`, message });
        journal.note({ kind: "ClusterJoined", cluster, subject: `cluster/${cluster}`, message });
        return { certificate, authorities: [new Uint8Array(authority.certificate.rawData)] };
      } catch (error) {
        const refusal = refusalOf(error);
        log.warn({ cluster, peer: call.getPeer(), reason: refusal.message }, "join refused");
        journal.note({
          kind: "JoinRefused",
          cluster: clusterNameFault(cluster) === undefined ? cluster : "",
          subject: "join",
          reason: "JoinFailed",
          message: `${call.getPeer()}: ${refusal.message}`,
        });
        throw refusal;
      }
    },
    renew: async () => {
      throw new CallError(
        grpc.status.UNAUTHENTICATED,
        "Renewal needs the certificate that is to be renewed: call it on the hub's session port.",
      );
    },
  };
}

/** JoinService as the port with client certificates serves it. */
export function renewHandlers(options: JoinOptions): JoinHandlers {
  const { authority, peers, certificateTtlMs, log } = options;
  return {
    join: async () => {
      throw new CallError(
        grpc.status.FAILED_PRECONDITION,
        "Joining happens on the hub's join port (by default the session port minus one), without a client certificate.",
      );
    },
    renew: async ({ certificateRequest }, call) => {
      try {
        const { name, tokenUnixUs } = peers.cluster(call);
        const certificate = await signForCluster(authority, {
          cluster: name,
          request: certificateRequest,
          ttlMs: certificateTtlMs,
          tokenUnixUs,
        });
        log.info({ cluster: name, peer: call.getPeer() }, "certificate renewed");
        return { certificate, authorities: [new Uint8Array(authority.certificate.rawData)] };
      } catch (error) {
        throw refusalOf(error);
      }
    },
  };
}

/** Errors that a peer may see; anything else is the hub's own trouble. */
function refusalOf(error: unknown): CallError {
  if (error instanceof CallError) return error;
  if (error instanceof TokenError) return new CallError(statusOfFault[error.fault], error.message);
  if (error instanceof RequestError) return new CallError(grpc.status.INVALID_ARGUMENT, error.message);
  return new CallError(grpc.status.INTERNAL, `The hub could not sign the certificate: ${String(error)}`);
}

function leavingNow(cluster: string): CallError {
  return new CallError(
    grpc.status.FAILED_PRECONDITION,
    `Cannot join: cluster "${cluster}" is leaving. Wait until it has left (sealane leave ${cluster}); the token is not used up.`,
  );
}
