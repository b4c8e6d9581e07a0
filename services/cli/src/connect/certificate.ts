// Looks at the caller's own certificate before it is used, so that its faults are named here and not guessed
// from a connection that the hub closed.

import { X509Certificate, createPrivateKey } from "node:crypto";
import { CliError } from "../error.ts";
import type { ClientConfig } from "./config.ts";

/** Throws a CliError when the certificate is not valid at `now` (Unix milliseconds) or is not the key's. */
export function checkCertificate(config: ClientConfig, now: number): void {
  const certificate = parse(config, "certificate", () => new X509Certificate(config.certificate));
  parse(config, "ca", () => new X509Certificate(config.ca));
  const key = parse(config, "key", () => createPrivateKey(config.key));
  if (!certificate.checkPrivateKey(key)) throw unusable(config, "its key is not the key of its certificate");
  const [from, to] = [certificate.validFromDate, certificate.validToDate];
  if (now > to.getTime()) throw expired(config, `expired at ${to.toISOString()}`, now);
  if (now < from.getTime()) throw expired(config, `is not valid before ${from.toISOString()}`, now);
}

function parse<T>(config: ClientConfig, field: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unusable(config, `its ${field} cannot be parsed`, cause);
  }
}

function unusable(config: ClientConfig, fault: string, cause?: unknown): CliError {
  return new CliError(
    {
      reason: "ConfigInvalid",
      object: `config ${config.path}`,
      message: `Cannot use the configuration "${config.path}": ${fault}`,
      must: "ca, certificate and key must be PEM, and the key the certificate's",
      next: "take the file that the hub wrote at DATA/admin/config.yaml",
    },
    { cause },
  );
}

function expired(config: ClientConfig, fault: string, now: number): CliError {
  return new CliError({
    reason: "CertificateExpired",
    object: `hub ${config.hub}`,
    message: `Cannot ask hub "${config.hub}": your certificate in "${config.path}" ${fault}`,
    must: `it must be valid now, ${new Date(now).toISOString()} by this machine's clock`,
    next: "take a new configuration from the hub (DATA/admin/config.yaml), or correct this machine's clock",
  });
}
