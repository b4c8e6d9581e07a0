// Which certificates no longer count although they have not expired. Owns the list; closing what is open under
// them is the server's. A cluster comes back with a new token: only what was signed before is refused.

import type { Store } from "../store/store.ts";

/** Clusters whose earlier certificates are refused. */
export interface Revocations {
  /** Whether a certificate of the cluster, signed at a time (Unix milliseconds), is refused. */
  refuses(cluster: string, issuedUnixMs: number): boolean;
  /** Refuses every certificate of the cluster signed until now; stored when this resolves. */
  revoke(cluster: string): Promise<void>;
}

/** Reads the list from the store. */
export async function openRevocations(store: Store, now: () => number): Promise<Revocations> {
  const revoked = new Map<string, number>();
  for (const { key, value } of await store.list("revocations")) revoked.set(key, Number(JSON.parse(value)));
  return {
    refuses: (cluster, issuedUnixMs) => issuedUnixMs <= (revoked.get(cluster) ?? 0),
    revoke: async (cluster) => {
      const until = now();
      await store.write([{ collection: "revocations", key: cluster, value: JSON.stringify(until) }]);
      revoked.set(cluster, until);
    },
  };
}
