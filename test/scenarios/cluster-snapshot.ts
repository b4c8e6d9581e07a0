// Everything that a cluster and its nodes have, as plain text by name, so that before and after can be compared. What
// changes by itself (clocks, versions, leases, events, what a status says) is left out; ServiceExports keep their status.

import { outputOn } from "../lab/index.ts";
import type { LabCluster } from "../lab/index.ts";
import { kubectl } from "./story.ts";

/** What was there, by `kind namespace/name`, `route NODE FAMILY` and `corefile`. */
export type Snapshot = ReadonlyMap<string, string>;

/** What differs between two snapshots. */
export interface SnapshotDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** With both texts. */
  readonly changed: readonly { readonly what: string; readonly before: string; readonly after: string }[];
}

/**
 * Kinds that tell of time passing, or of machines; and what the API server books of Services' addresses, which it frees
 * in its own time after the Service, itself compared, is gone.
 */
const noise =
  /^(?:events(?:\..*)?|leases\..*|componentstatuses|nodes|pods\.metrics.*|csinodes\..*|endpoints|ipaddresses\..*)$/;

/** Takes a snapshot of a cluster and of the kernels of its nodes. */
export async function takeSnapshot(cluster: LabCluster): Promise<Snapshot> {
  const found = new Map<string, string>();
  const listed = await kubectl(cluster, ["api-resources", "--verbs=list", "-o", "name"]);
  const kinds = listed.split("\n").filter((kind) => kind !== "" && !noise.test(kind));
  const { items } = JSON.parse(await kubectl(cluster, ["get", kinds.join(","), "-A", "-o", "json"])) as {
    items: LiveObject[];
  };
  for (const item of items) found.set(nameOf(item), JSON.stringify(essence(item)));
  for (const node of cluster.nodes) {
    for (const family of ["-4", "-6"]) {
      const routes = await outputOn(node, ["ip", family, "route"]);
      const lines = routes.split("\n").map((line) => line.replace(/ expires \d+sec/, "").trim());
      found.set(`routes ${node.name} ${family}`, lines.filter(Boolean).toSorted().join("\n"));
    }
  }
  return found;
}

/** What one has and the other has not, or has otherwise. */
export function compareSnapshots(before: Snapshot, after: Snapshot): SnapshotDiff {
  return {
    added: [...after.keys()].filter((what) => !before.has(what)).toSorted(),
    removed: [...before.keys()].filter((what) => !after.has(what)).toSorted(),
    changed: [...before]
      .filter(([what, text]) => after.has(what) && after.get(what) !== text)
      .map(([what, text]) => ({ what, before: text, after: after.get(what) ?? "" })),
  };
}

interface LiveObject {
  readonly kind: string;
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: unknown;
}

function nameOf({ kind, metadata: { namespace, name } }: LiveObject): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** The object without what changes by itself. */
function essence({ kind, metadata, status, ...rest }: LiveObject): object {
  const { "endpoints.kubernetes.io/last-change-trigger-time": _changed, ...annotations } =
    metadata.annotations ?? {};
  return {
    labels: metadata.labels ?? {},
    annotations,
    ...(kind === "ServiceExport" && status !== undefined ? { status } : {}),
    ...rest,
  };
}
