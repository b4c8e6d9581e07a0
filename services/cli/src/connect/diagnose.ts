// Finds out why a hub could not be reached, by one plain TLS handshake: gRPC only says that it did not work.

import { connect } from "node:tls";
import type { ClientConfig } from "./config.ts";

/** Why, from a closed list, with the words of the system for a person. */
export interface Diagnosis {
  readonly cause:
    | "refused"
    | "unresolved"
    | "unreachable"
    | "untrusted"
    | "expired"
    | "misnamed"
    | "rejected"
    | "unclear";
  readonly detail: string;
}

/** A hub that rejects our certificate says so only after our side of the handshake is over (RFC 8446, 4.4.2.4). */
const rejectionWaitMs = 1_000;

/** One handshake with the hub, bounded by `timeoutMs`. Never rejects. */
export function diagnose(config: ClientConfig, timeoutMs: number): Promise<Diagnosis> {
  const [host, port] = split(config.hub);
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      ca: config.ca,
      cert: config.certificate,
      key: config.key,
      ALPNProtocols: ["h2"],
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    });
    let timer = setTimeout(
      () => done({ cause: "unreachable", detail: "no answer to a handshake" }),
      timeoutMs,
    );
    const done = (diagnosis: Diagnosis) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(diagnosis);
    };
    socket.on("secureConnect", () => {
      clearTimeout(timer);
      const fine = { cause: "unclear", detail: "a handshake succeeds, yet calls fail" } as const;
      timer = setTimeout(() => done(fine), Math.min(rejectionWaitMs, timeoutMs));
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      done({ cause: causeOf(error), detail: error.message.split(";")[0] ?? "" }),
    );
    socket.on("close", () => done({ cause: "rejected", detail: "the hub closed the connection" }));
    socket.resume();
  });
}

const causes: Readonly<Record<string, Diagnosis["cause"]>> = {
  ECONNREFUSED: "refused",
  ENOTFOUND: "unresolved",
  EAI_AGAIN: "unresolved",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ETIMEDOUT: "unreachable",
  SELF_SIGNED_CERT_IN_CHAIN: "untrusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "untrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "untrusted",
  UNABLE_TO_GET_ISSUER_CERT: "untrusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "untrusted",
  CERT_SIGNATURE_FAILURE: "untrusted",
  CERT_HAS_EXPIRED: "expired",
  CERT_NOT_YET_VALID: "expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "misnamed",
  ECONNRESET: "rejected",
  EPIPE: "rejected",
};

function causeOf(error: NodeJS.ErrnoException): Diagnosis["cause"] {
  const code = error.code ?? "";
  // OpenSSL's alerts from the other side: ERR_SSL_TLSV1_ALERT_UNKNOWN_CA, ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED, ...
  if (/^ERR_SSL_.*ALERT/.test(code)) return "rejected";
  return causes[code] ?? "unclear";
}

function split(hub: string): readonly [host: string, port: number] {
  const colon = hub.lastIndexOf(":");
  return [hub.slice(0, colon).replace(/^\[|\]$/g, ""), Number(hub.slice(colon + 1))];
}
