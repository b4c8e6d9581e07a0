// A certificate request as an agent makes it, for tests.

import * as x509 from "../trust/x509.ts";

/** A PKCS#10 request (DER) for a new key, with the key as PEM. The subject is ignored by the hub. */
export async function certificateRequest(
  subject = "CN=whatever",
  namedCurve: "P-256" | "P-384" = "P-256",
): Promise<{ readonly request: Uint8Array; readonly key: string }> {
  const algorithm = { name: "ECDSA", namedCurve, hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
  });
  const key = x509.PemConverter.encode(
    await crypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
  return { request: new Uint8Array(request.rawData), key };
}
