// The join token as text: what a person carries from the hub to a cluster. Owns its form and the CA's fingerprint
// inside it; whether a token may still be used is the hub's to say.

import { X509Certificate, createHash } from "node:crypto";
import { WireError } from "./error.ts";

/** A token taken apart. */
export interface JoinToken {
  /** The only cluster that may use it; RFC 1123 label. */
  readonly cluster: string;
  /** Names the token in lists; not secret. */
  readonly id: string;
  /** Base64url; whoever has it may join as the cluster. */
  readonly secret: string;
  /** `authorityHash` of the hub's CA, so that the first connection can be trusted. */
  readonly authorityHash: string;
}

const form =
  /^sealane-join\.v1\.(?<cluster>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.(?<id>[0-9a-f]{12})\.(?<secret>[A-Za-z0-9_-]{43})\.(?<authorityHash>[A-Za-z0-9_-]{43})$/;

/** The token as one line of text. */
export function formatJoinToken(token: JoinToken): string {
  return `sealane-join.v1.${token.cluster}.${token.id}.${token.secret}.${token.authorityHash}`;
}

/** Reads a token; space around it is ignored. Throws WireError `malformed`, which never repeats the secret. */
export function parseJoinToken(text: string): JoinToken {
  const { cluster, id, secret, authorityHash } = form.exec(text.trim())?.groups ?? {};
  if (cluster === undefined || id === undefined || secret === undefined || authorityHash === undefined) {
    throw new WireError(
      "malformed",
      `Cannot read the join token (${text.trim().length} characters): it must be one line as "sealane token create" ` +
        `printed it, sealane-join.v1.<cluster>.<id>.<secret>.<hash>. Copy it whole, or create a new one.`,
    );
  }
  return { cluster, id, secret, authorityHash };
}

/** SHA-256 of a CA certificate's public key (DER, SubjectPublicKeyInfo), base64url. */
export function authorityHash(certificate: Uint8Array): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64url");
}
