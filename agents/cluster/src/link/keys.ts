// Keys and certificate requests of this agent. Owns their form; where they are kept is secrets.ts.

import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** What identifies this agent to the hub, PEM throughout. */
export interface HubCredentials {
  readonly certificate: string;
  readonly key: string;
  /** The hub's CA certificates. */
  readonly authorities: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A new P-256 key with a PKCS#10 request (RFC 2986) for it. The hub takes only the public key from the request. */
export async function makeRequest(
  commonName: string,
): Promise<{ readonly key: string; readonly request: Uint8Array }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: algorithm,
  });
  const exported = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { key: x509.PemConverter.encode(exported, "PRIVATE KEY"), request: new Uint8Array(request.rawData) };
}

/** DER certificates as one PEM text. */
export function certificatesToPem(certificates: readonly Uint8Array[]): string {
  return certificates
    .map((der) => x509.PemConverter.encode(new Uint8Array(der).buffer, "CERTIFICATE"))
    .join("\n");
}

/** The cluster that a certificate speaks for, from its URI name; undefined when it is no cluster's. */
export function clusterOfCertificate(pem: string): string | undefined {
  const names = new X509Certificate(pem).subjectAltName ?? "";
  return /URI:sealane:\/\/cluster\/([a-z0-9-]+)/.exec(names)?.[1];
}

/** When the certificate is to be renewed: after two thirds of its life. Unix milliseconds. */
export function renewalUnixMs(pem: string): number {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  const from = validFromDate.getTime();
  return from + ((validToDate.getTime() - from) * 2) / 3;
}

/** When the certificate ends, Unix milliseconds. */
export function expiryUnixMs(pem: string): number {
  return new X509Certificate(pem).validToDate.getTime();
}
