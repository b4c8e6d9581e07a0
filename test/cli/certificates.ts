// A certificate authority for tests, in memory: hubs and people, valid or not on purpose.

// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs its polyfill first
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { webcrypto } from "node:crypto";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const hourMs = 3_600_000;
/** All begin here: a test may look at them at the time of the goldens, while TLS goes by this machine's clock. */
const notBefore = new Date(Date.UTC(2020, 0, 1));

/** A certificate with its key, PEM. */
export interface Credentials {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate is to say. */
export interface Wanted {
  readonly name: string;
  readonly usage: "client" | "server";
  /** Names and addresses of a server. */
  readonly hosts?: readonly string[];
  /** Organizational unit: a person's role. */
  readonly role?: string;
  /** Hours from now at which it ends; negative for the past. */
  readonly endsInHours?: number;
}

/** Signs certificates. */
export interface TestAuthority {
  /** The authority's own certificate, PEM. */
  readonly certificate: string;
  readonly issue: (wanted: Wanted) => Promise<Credentials>;
}

/** A new authority that nobody else trusts. */
export async function createAuthority(name: string): Promise<TestAuthority> {
  const keys = await generate();
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name} authority`,
    notBefore,
    notAfter: new Date(Date.now() + 48 * hourMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  return {
    certificate: own.toString("pem"),
    issue: async ({ name: commonName, usage, hosts = [], role, endsInHours = 24 }) => {
      const subject = await generate();
      const certificate = await x509.X509CertificateGenerator.create({
        issuer: own.subject,
        subject: [{ CN: [commonName] }, ...(role === undefined ? [] : [{ OU: [role] }])],
        notBefore,
        notAfter: new Date(Date.now() + endsInHours * hourMs),
        signingAlgorithm: algorithm,
        publicKey: subject.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[`${usage}Auth`]]),
          new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: nameType(value), value }))),
        ],
      });
      const key = await webcrypto.subtle.exportKey("pkcs8", subject.privateKey);
      return { certificate: certificate.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
    },
  };
}

function nameType(host: string): "ip" | "dns" {
  return /^[\d.]+$|:/.test(host) ? "ip" : "dns";
}

function generate() {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}
