// The listener's own CA and certificate, kept in the cluster: every leader serves with the same CA, so speakers
// need not learn a new one when the leader changes.

import "reflect-metadata";
import * as x509 from "@peculiar/x509";

/** What the listener serves with, PEM. */
export interface ListenerKeys {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const validMs = 10 * 365 * 24 * 3600 * 1000;

/** A new CA, and a server certificate for `host` signed by it. The CA's key is forgotten: it signs nothing else. */
export async function makeListenerKeys(host: string, nowUnixMs: number): Promise<ListenerKeys> {
  const notBefore = new Date(nowUnixMs - 60_000);
  const notAfter = new Date(nowUnixMs + validMs);
  const authorityKeys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=sealane-agent-listener",
    notBefore,
    notAfter,
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${host}`,
    issuer: authority.subject,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: host }]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    authority: authority.toString("pem"),
    certificate: certificate.toString("pem"),
    key: x509.PemConverter.encode(key, "PRIVATE KEY"),
  };
}
