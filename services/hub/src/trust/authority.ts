// The hub's certificate authority: made once, kept in the store, and the only thing that signs.
// Refuses to take anything but the public key from a request; every name in a certificate is the hub's word.

import { randomBytes } from "node:crypto";
import type { webcrypto } from "node:crypto";
import * as x509 from "./x509.ts";
import type { Store } from "../store/store.ts";
import { RevisionConflict } from "../store/store.ts";
import { authorityHash } from "@sealane/wire";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const authorityDays = 3650;
const dayMs = 24 * 3600 * 1000;

/** Certificates are valid from this long before they are signed, for clocks that run behind. */
export const backdateMs = 5 * 60 * 1000;

/** A certificate with its private key, PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate is to say. */
export interface Subject {
  readonly commonName: string;
  /** Organizational units; a person's role. */
  readonly units?: readonly string[];
  readonly names: readonly x509.JsonGeneralName[];
  readonly usage: "client" | "server";
  readonly validMs: number;
}

/** A certificate request that the hub does not sign; the message says why. */
export class RequestError extends Error {
  override readonly name = "RequestError";
}

/** Signs certificates. */
export interface Authority {
  /** The CA's own certificate. */
  readonly certificate: x509.X509Certificate;
  /** What join tokens carry: see `authorityHash` of wire. */
  readonly hash: string;
  /** A certificate for the key of a PKCS#10 request (DER). Throws when the request is not signed by its key. */
  sign(request: Uint8Array, subject: Subject): Promise<x509.X509Certificate>;
  /** A certificate with a new key. */
  issue(subject: Subject): Promise<KeyPair>;
}

/** Reads the CA from the store, or makes and stores it. `made` is true on the hub's first start. */
export async function openAuthority(
  store: Store,
  now: () => number,
): Promise<{ readonly authority: Authority; readonly made: boolean }> {
  const found = await store.get("authority", "ca");
  if (found !== undefined)
    return { authority: await loadAuthority(JSON.parse(found.value) as KeyPair, now), made: false };
  const pair = await makeAuthority(now());
  try {
    await store.write([{ collection: "authority", key: "ca", value: JSON.stringify(pair), expected: 0 }]);
  } catch (error) {
    if (error instanceof RevisionConflict) return openAuthority(store, now);
    throw error;
  }
  return { authority: await loadAuthority(pair, now), made: true };
}

async function makeAuthority(now: number): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [`sealane hub ${randomBytes(4).toString("hex")}`] }],
    notBefore: new Date(now - backdateMs),
    notAfter: new Date(now + authorityDays * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

async function loadAuthority(pair: KeyPair, now: () => number): Promise<Authority> {
  const certificate = new x509.X509Certificate(pair.certificate);
  const der = x509.PemConverter.decodeFirst(pair.key);
  const signingKey = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);

  const certify = async (publicKey: webcrypto.CryptoKey, subject: Subject): Promise<x509.X509Certificate> =>
    x509.X509CertificateGenerator.create({
      serialNumber: newSerial(),
      issuer: certificate.subject,
      subject: [{ CN: [subject.commonName] }, ...(subject.units ?? []).map((unit) => ({ OU: [unit] }))],
      notBefore: new Date(now() - backdateMs),
      notAfter: new Date(now() + subject.validMs),
      signingAlgorithm: algorithm,
      publicKey,
      signingKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[`${subject.usage}Auth`]]),
        new x509.SubjectAlternativeNameExtension([...subject.names]),
        await x509.AuthorityKeyIdentifierExtension.create(certificate),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ],
    });

  return {
    certificate,
    hash: authorityHash(new Uint8Array(certificate.rawData)),
    sign: async (request, subject) => certify(await requestedKey(request), subject),
    issue: async (subject) => {
      const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const issued = await certify(keys.publicKey, subject);
      return { certificate: issued.toString("pem"), key: await exportKey(keys.privateKey) };
    },
  };
}

/** The request's key, once the request is proven to be made by its holder. */
async function requestedKey(request: Uint8Array): Promise<webcrypto.CryptoKey> {
  const refusal = (why: string, cause?: unknown): Error =>
    new RequestError(
      `Cannot sign the certificate request (${request.length} bytes): ${why}. ` +
        `It must be a PKCS#10 request in DER with a P-256 key, signed by that key.`,
      { cause },
    );
  let parsed: x509.Pkcs10CertificateRequest;
  let proven: boolean;
  try {
    parsed = new x509.Pkcs10CertificateRequest(new Uint8Array(request));
    proven = await parsed.verify();
  } catch (error) {
    throw refusal("it cannot be read", error);
  }
  if (!proven) throw refusal("its signature does not match its key");
  const key = await parsed.publicKey.export();
  if ((key.algorithm as Partial<webcrypto.EcKeyAlgorithm>).namedCurve !== "P-256")
    throw refusal("its key is not P-256");
  return key;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

/** Random, positive, 127 bits (RFC 5280 section 4.1.2.2 allows 20 octets). */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}
