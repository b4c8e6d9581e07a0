// Who is calling, and whether at all: TLS has verified the certificate, this reads the name in it and refuses
// what was revoked or says nobody. Every refusal names the cure and leaves a log line.

import * as grpc from "@grpc/grpc-js";
import { identityOf, mayActAs } from "../trust/identity.ts";
import type { Identity, Role } from "../trust/identity.ts";
import type { Revocations } from "../trust/revocations.ts";

/** A call that is refused, as the status that the peer sees. */
export class CallError extends Error {
  readonly code: grpc.status;

  constructor(code: grpc.status, message: string) {
    super(message);
    this.name = "CallError";
    this.code = code;
  }
}

/** What a call says of its connection; server calls and interceptors both have it. */
export interface Caller {
  getAuthContext(): ReturnType<grpc.ServerUnaryCall<object, object>["getAuthContext"]>;
  getPeer(): string;
}

/** Reads callers. Every method throws `CallError`. */
export interface Peers {
  identify(caller: Caller): Identity;
  /** The cluster that calls. */
  cluster(caller: Caller): Identity & { readonly kind: "cluster" };
  /** The person that calls, when the role suffices for what is asked. */
  person(caller: Caller, needed: Role, what: string): Identity & { readonly kind: "person" };
}

const cure =
  "A cluster joins with a token (sealane token create NAME); a person uses the config.yaml that an admin gave out.";

/** Peers whose certificates are not on the list. */
export function readPeers(revocations: Revocations): Peers {
  const identify = (caller: Caller): Identity => {
    const { sslPeerCertificate } = caller.getAuthContext();
    // grpc-js gives the certificate only when TLS verified its chain, dates and purpose against our CA.
    if (sslPeerCertificate === undefined) {
      throw new CallError(
        grpc.status.UNAUTHENTICATED,
        `The hub does not know the certificate of ${caller.getPeer()}: there is none, it has expired, or another CA signed it. ${cure}`,
      );
    }
    const identity = identityOf(sslPeerCertificate.raw);
    if (identity.kind === "none") {
      throw new CallError(
        grpc.status.UNAUTHENTICATED,
        `The hub does not take the certificate: ${identity.why}. ${cure}`,
      );
    }
    if (identity.kind === "cluster" && revocations.refuses(identity.name, identity)) {
      throw new CallError(
        grpc.status.UNAUTHENTICATED,
        `The certificate of cluster "${identity.name}" was revoked. Join again: sealane token create ${identity.name}`,
      );
    }
    return identity;
  };
  return {
    identify,
    cluster: (caller) => {
      const identity = identify(caller);
      if (identity.kind === "cluster") return identity;
      throw new CallError(
        grpc.status.PERMISSION_DENIED,
        `"${identity.name}" is a person, and only a cluster's certificate may do this.`,
      );
    },
    person: (caller, needed, what) => {
      const identity = identify(caller);
      if (identity.kind === "cluster") {
        throw new CallError(
          grpc.status.PERMISSION_DENIED,
          `Cluster "${identity.name}" may not call ${what}: a person's certificate is needed.`,
        );
      }
      if (mayActAs(identity.role, needed)) return identity;
      throw new CallError(
        grpc.status.PERMISSION_DENIED,
        `"${identity.name}" may not call ${what}: it needs the role ${needed}, and the certificate says ${identity.role}.`,
      );
    },
  };
}

/** Turns away every call of an unknown peer before any of its messages is read, whatever the service. */
export function knownPeersOnly(
  peers: Peers,
  onRefused: (refused: { readonly peer: string; readonly method: string; readonly reason: string }) => void,
): grpc.ServerInterceptor {
  return (method, call) => {
    try {
      peers.identify(call);
      return new grpc.ServerInterceptingCall(call);
    } catch (error) {
      const refusal = error instanceof CallError ? error : new CallError(grpc.status.INTERNAL, String(error));
      onRefused({ peer: call.getPeer(), method: method.path, reason: refusal.message });
      // The metadata goes no further, so the handler never starts.
      const listener = new grpc.ServerListenerBuilder()
        .withOnReceiveMetadata(() => call.sendStatus({ code: refusal.code, details: refusal.message }))
        .build();
      return new grpc.ServerInterceptingCall(
        call,
        new grpc.ResponderBuilder().withStart((next) => next(listener)).build(),
      );
    }
  };
}
