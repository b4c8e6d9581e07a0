// Which certificates no longer count although they have not expired. Owns the list; closing what is open under
// them is the server's. A cluster comes back with a new token: only what was signed before is refused.

import type { Store } from "../store/store.ts";

/** What counts of a certificate. */
export interface Signed {
  /** Unix milliseconds, in whole seconds as certificates have it. */
  readonly issuedUnixMs: number;
  /** When the token was made that it goes back to, Unix microseconds; 0 when unknown. */
  readonly tokenUnixUs: number;
}

/** Clusters whose earlier certificates are refused. */
export interface Revocations {
  /** Whether a certificate of the cluster is refused. */
  refuses(cluster: string, certificate: Signed): boolean;
  /** Refuses every certificate of the cluster signed until now; stored when this resolves. */
  revoke(cluster: string): Promise<void>;
}

/** Reads the list from the store. */
export async function openRevocations(store: Store, now: () => number): Promise<Revocations> {
  const revoked = new Map<string, number>();
  for (const { key, value } of await store.list("revocations")) revoked.set(key, Number(JSON.parse(value)));
  return {
    refuses: (cluster, { issuedUnixMs, tokenUnixUs }) => {
      const untilMs = revoked.get(cluster) ?? 0;
      // Within the second of the revocation only the token tells what was signed after it.
      return issuedUnixMs <= untilMs && tokenUnixUs < untilMs * 1000;
    },
    revoke: async (cluster) => {
      const until = now();
      await store.write([{ collection: "revocations", key: cluster, value: JSON.stringify(until) }]);
      revoked.set(cluster, until);
    },
  };
}
