// When a cluster has said everything: then, and not before, a shard that is not here does not exist (law 2).

import type { ShardId } from "@sealane/core";
import type { ShardTable } from "@sealane/wire";

const wholeKinds = ["cluster", "node", "namespace"] as const;

/**
 * Whether everything was said: the kinds that exist once are whole, and either the last kind, `path`, is whole
 * too, since an agent completes it after all others; or every namespace's exports and pods are.
 */
export function hasSaidEverything(received: ShardTable, cluster: string): boolean {
  const isWhole = (kind: ShardId["kind"], namespace = ""): boolean =>
    received.state({ kind, origin: cluster, namespace })?.complete ?? false;
  if (!wholeKinds.every((kind) => isWhole(kind))) return false;
  if (isWhole("path")) return true;
  const namespaces = [...received.entries({ kind: "namespace", origin: cluster, namespace: "" }).keys()];
  return namespaces.every((namespace) => isWhole("export", namespace) && isWhole("reach", namespace));
}
