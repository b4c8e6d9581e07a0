// Who a peer is, from the certificate that TLS has already verified against the hub's CA.
// Refuses certificates that say neither a cluster nor a person with a role.

import * as x509 from "./x509.ts";
import { backdateMs } from "./authority.ts";

/** What a person may do: an operator may all that a viewer may, and an admin all that there is. */
export const roles = ["viewer", "operator", "admin"] as const;

/** One of the roles. */
export type Role = (typeof roles)[number];

/** The holder of a certificate. */
export type Identity =
  | {
      readonly kind: "cluster";
      readonly name: string;
      readonly issuedUnixMs: number;
      readonly expiresUnixMs: number;
      /** When the token was made that the cluster joined with, Unix microseconds; renewal keeps it. 0 when unknown. */
      readonly tokenUnixUs: number;
    }
  | { readonly kind: "person"; readonly name: string; readonly role: Role; readonly issuedUnixMs: number };

/** The name in a certificate: `sealane://cluster/<name>` or `sealane://person/<name>`. */
export function identityUri(kind: Identity["kind"], name: string): string {
  return `sealane://${kind}/${encodeURIComponent(name)}`;
}

/** The unit of a cluster's certificate that says when its token was made. */
export function tokenUnit(tokenUnixUs: number): string {
  return `token ${tokenUnixUs}`;
}

/** Whether one role may do what another is needed for. */
export function mayActAs(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** Reads the identity of a certificate (DER), or says why there is none. */
export function identityOf(
  certificate: Uint8Array,
): Identity | { readonly kind: "none"; readonly why: string } {
  let parsed: x509.X509Certificate;
  try {
    parsed = new x509.X509Certificate(new Uint8Array(certificate));
  } catch (error) {
    return { kind: "none", why: `it cannot be read: ${String(error)}` };
  }
  const names = parsed.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const uris = names.filter(({ type, value }) => type === "url" && value.startsWith("sealane://"));
  const match =
    uris.length === 1 ? /^sealane:\/\/(cluster|person)\/([^/]+)$/.exec(uris[0]?.value ?? "") : null;
  const [, kind, encoded] = match ?? [];
  if (kind === undefined || encoded === undefined) {
    return { kind: "none", why: `its subject "${parsed.subject}" names neither a cluster nor a person` };
  }
  const name = decodeURIComponent(encoded);
  const issuedUnixMs = parsed.notBefore.getTime() + backdateMs;
  const units = parsed.subjectName.getField("OU");
  if (kind === "cluster") {
    const [, made = "0"] = units.flatMap((unit) => /^token (\d{1,16})$/.exec(unit) ?? []);
    const expiresUnixMs = parsed.notAfter.getTime();
    return { kind, name, issuedUnixMs, expiresUnixMs, tokenUnixUs: Number(made) };
  }
  const role = units.find((unit): unit is Role => roles.some((known) => known === unit));
  if (role === undefined) return { kind: "none", why: `the certificate of "${name}" carries no role` };
  return { kind: "person", name, role, issuedUnixMs };
}
