// Makes the certificates of a lab cluster: one authority, and what it signs. Elliptic keys throughout,
// as they are made in no time. It writes no files.

import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

type CryptoKeyPair = webcrypto.CryptoKeyPair;
type CryptoKey = webcrypto.CryptoKey;

/** A certificate and its key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority that can sign. */
export interface Authority extends KeyPair {
  readonly signer: CryptoKey;
  readonly parsed: x509.X509Certificate;
}

/** Who a certificate is for. */
export interface Subject {
  readonly commonName: string;
  /** Kubernetes reads groups from here. */
  readonly organization?: string;
  /** Names and addresses of a server; a subject without is a client. */
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 86_400_000;
const validityDays = 365;

/** A new authority with this common name. */
export async function makeAuthority(commonName: string): Promise<Authority> {
  const keys = await newKeys();
  const parsed = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate: `${parsed.toString("pem")}\n`,
    key: await keyPem(keys),
    signer: keys.privateKey,
    parsed,
  };
}

/** A certificate for the subject, signed by the authority. */
export async function sign(authority: Authority, subject: Subject): Promise<KeyPair> {
  const keys = await newKeys();
  const names = [
    ...(subject.names ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(subject.addresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  const usage = names.length > 0 ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    issuer: authority.parsed.subjectName,
    subject: [
      ...(subject.organization === undefined ? [] : [{ O: [subject.organization] }]),
      { CN: [subject.commonName] },
    ],
    publicKey: keys.publicKey,
    signingKey: authority.signer,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.AuthorityKeyIdentifierExtension.create(authority.parsed),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await keyPem(keys) };
}

/** A key pair without a certificate, PEM, for service account tokens. */
export async function makeSigningKeys(): Promise<{ readonly publicKey: string; readonly key: string }> {
  const keys = await newKeys();
  const der = await webcrypto.subtle.exportKey("spki", keys.publicKey);
  return { publicKey: `${x509.PemConverter.encode(der, "PUBLIC KEY")}\n`, key: await keyPem(keys) };
}

function newKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function keyPem(keys: CryptoKeyPair): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}

function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  // An hour back, for machines whose clocks differ.
  return { notBefore: new Date(Date.now() - day / 24), notAfter: new Date(Date.now() + validityDays * day) };
}
