// Renders kubeconfig files. Pure.

import { stringify } from "yaml";
import type { KeyPair } from "../certificates.ts";

/** One context: a cluster's API server and who speaks to it. */
export interface Access {
  /** Name of the context and of its cluster. */
  readonly cluster: string;
  /** Name of the user; distinct in every context so that files can be merged. */
  readonly user: string;
  /** `https://172.30.10.1:6443`. */
  readonly server: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly authority: string;
  readonly identity: KeyPair;
}

/** A kubeconfig with one context for each access, credentials embedded; the first one is current. */
export function kubeconfig(accesses: readonly Access[]): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": accesses[0]?.cluster ?? "",
    clusters: accesses.map((access) => ({
      name: access.cluster,
      cluster: { server: access.server, "certificate-authority-data": base64(access.authority) },
    })),
    users: accesses.map((access) => ({
      name: access.user,
      user: {
        "client-certificate-data": base64(access.identity.certificate),
        "client-key-data": base64(access.identity.key),
      },
    })),
    contexts: accesses.map((access) => ({
      name: access.cluster,
      context: { cluster: access.cluster, user: access.user },
    })),
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
