// Which certificates the hub gives out, and what they say. Owns lifetimes and names; signing is the authority's.

import { isIP } from "node:net";
import * as x509 from "./x509.ts";
import type { Authority, KeyPair } from "./authority.ts";
import type { Role } from "./identity.ts";
import { identityUri, tokenUnit } from "./identity.ts";

const dayMs = 24 * 3600 * 1000;

/** How long a cluster's certificate holds unless the hub was told otherwise. */
export const clusterCertificateTtlMs = dayMs;
/** People renew by hand, so theirs hold for a year. */
const personCertificateTtlMs = 365 * dayMs;
/** The hub renews its own server certificate by itself, long before this. */
export const serverCertificateTtlMs = 90 * dayMs;

/** A cluster's certificate to be signed. */
export interface ClusterRequest {
  readonly cluster: string;
  /** PKCS#10, DER. */
  readonly request: Uint8Array;
  readonly ttlMs: number;
  /** When the token was made that the cluster joined with, Unix microseconds. */
  readonly tokenUnixUs: number;
}

/** A cluster's client certificate for the key of its request, DER. */
export async function signForCluster(authority: Authority, options: ClusterRequest): Promise<Uint8Array> {
  const certificate = await authority.sign(options.request, {
    commonName: options.cluster,
    units: [tokenUnit(options.tokenUnixUs)],
    names: [{ type: "url", value: identityUri("cluster", options.cluster) }],
    usage: "client",
    validMs: options.ttlMs,
  });
  return new Uint8Array(certificate.rawData);
}

/** A person's client certificate with a new key. */
export function issueForPerson(
  authority: Authority,
  person: { readonly name: string; readonly role: Role },
): Promise<KeyPair> {
  return authority.issue({
    commonName: person.name,
    units: [person.role],
    names: [{ type: "url", value: identityUri("person", person.name) }],
    usage: "client",
    validMs: personCertificateTtlMs,
  });
}

/** The hub's own certificate for the names and addresses at which it is reached. */
export function issueForServer(authority: Authority, hosts: readonly string[]): Promise<KeyPair> {
  const all = [...new Set([...hosts, "localhost", "127.0.0.1", "::1"])];
  return authority.issue({
    commonName: "sealane-hub",
    names: all.map((host) => ({ type: isIP(host) === 0 ? ("dns" as const) : ("ip" as const), value: host })),
    usage: "server",
    validMs: serverCertificateTtlMs,
  });
}

/** When a certificate (PEM) ends, Unix milliseconds. */
export function expiryUnixMs(certificate: string): number {
  return new x509.X509Certificate(certificate).notAfter.getTime();
}
