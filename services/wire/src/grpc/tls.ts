// TLS towards a server that is reached by name or by IP address: its certificate must bear exactly that. Weakens
// nothing: an address is checked as an address.

import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import * as grpc from "@grpc/grpc-js";

/** What a client trusts and shows, PEM. */
export interface TlsKeys {
  readonly authorities: string | Buffer;
  /** Both, or neither. */
  readonly own?: { readonly certificate: string | Buffer; readonly key: string | Buffer };
}

/** What a channel to one address is made with. Both belong together: without the options an address is refused. */
export interface SecureChannel {
  readonly credentials: grpc.ChannelCredentials;
  readonly options: grpc.ChannelOptions;
}

/** Sent in place of a name, as an address may not be (RFC 6066, section 3); no certificate bears it (RFC 6761). */
const namelessServer = "address.invalid";

/** Credentials and options for a channel to `host:port`, IPv6 hosts in brackets. */
export function secureChannel(address: string, { authorities, own }: TlsKeys): SecureChannel {
  const host = address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const [roots, key, chain] = [bytes(authorities), bytes(own?.key), bytes(own?.certificate)];
  if (isIP(host) === 0) return { credentials: grpc.credentials.createSsl(roots, key, chain), options: {} };
  const credentials = grpc.credentials.createSsl(roots, key, chain, {
    checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
  });
  return { credentials, options: { "grpc.ssl_target_name_override": namelessServer } };
}

function bytes(pem: string | Buffer | undefined): Buffer | null {
  return typeof pem === "string" ? Buffer.from(pem) : (pem ?? null);
}
