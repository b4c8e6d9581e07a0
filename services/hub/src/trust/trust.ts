// Everything about trust that a running hub needs, opened together: CA, tokens, revocations, peers, own certificate.

import type { Logger } from "pino";
import { readPeers } from "../server/peers.ts";
import type { Peers } from "../server/peers.ts";
import type { Store } from "../store/store.ts";
import { openAuthority } from "./authority.ts";
import type { Authority } from "./authority.ts";
import { openRevocations } from "./revocations.ts";
import type { Revocations } from "./revocations.ts";
import { openServerCertificate } from "./server-certificate.ts";
import type { ServerCertificate } from "./server-certificate.ts";
import { openTokens } from "./tokens.ts";
import type { Tokens } from "./tokens.ts";

/** The hub's trust. */
export interface Trust {
  readonly authority: Authority;
  /** Whether this start made the CA. */
  readonly first: boolean;
  readonly tokens: Tokens;
  readonly revocations: Revocations;
  readonly peers: Peers;
  readonly certificate: ServerCertificate;
  readonly close: () => void;
}

/** Opens the hub's trust over its store. `hosts` are the names and addresses at which it is reached. */
export async function openTrust(store: Store, hosts: readonly string[], log: Logger): Promise<Trust> {
  const { authority, made } = await openAuthority(store, Date.now);
  const revocations = await openRevocations(store, Date.now);
  const certificate = await openServerCertificate({
    authority,
    hosts,
    now: Date.now,
    onRenewed: (expiryUnixMs) =>
      log.info({ expires: new Date(expiryUnixMs).toISOString() }, "server certificate renewed"),
    onError: (error) =>
      log.error({ error: String(error) }, "server certificate could not be renewed; trying again in an hour"),
  });
  return {
    authority,
    first: made,
    tokens: openTokens(store, authority.hash, Date.now),
    revocations,
    peers: readPeers(revocations),
    certificate,
    close: () => certificate.close(),
  };
}
