// What the two properties of a member must say, and the steps to it. The set is said only while the cluster is said
// rightly, and neither changes while the set is said (KEP-2149, "Well known properties"). Pure.

import type { Finding } from "@sealane/core";
import type { ClusterProperty } from "./property.ts";
import { clusterProperty, setProperty } from "./property.ts";

/** Who the cluster is. */
export interface Identity {
  /** Its name in the mesh: unique there, an RFC 1123 label. */
  readonly cluster: string;
  /** The name of its set. */
  readonly set: string;
}

/** One write. */
export type PropertyStep =
  | { readonly do: "create"; readonly name: string; readonly value: string }
  | { readonly do: "update"; readonly held: ClusterProperty; readonly value: string }
  | { readonly do: "delete"; readonly held: ClusterProperty };

/** Steps in their order, and what keeps from more. */
export interface PropertyPlan {
  readonly steps: readonly PropertyStep[];
  readonly findings: readonly Finding[];
}

/** Plans for a member; what somebody else made is never written. */
export function planProperties({ cluster, set }: Identity, held: readonly ClusterProperty[]): PropertyPlan {
  const heldCluster = held.find(({ name }) => name === clusterProperty);
  const heldSet = held.find(({ name }) => name === setProperty);
  const takeBack: readonly PropertyStep[] = heldSet?.owned === true ? [{ do: "delete", held: heldSet }] : [];
  const theirSet = contrary(heldSet, set);
  if (theirSet !== undefined) return { steps: [], findings: [otherSet(theirSet, set)] };
  const theirName = contrary(heldCluster, cluster);
  if (theirName !== undefined) return { steps: takeBack, findings: [otherName(theirName, cluster)] };
  const named = stepsTo(clusterProperty, cluster, heldCluster);
  if (named.length === 0 && heldSet?.value === set) return { steps: [], findings: [] };
  // A set of somebody else's that says the same stays as it is.
  if (heldSet !== undefined && !heldSet.owned) return { steps: named, findings: [] };
  return { steps: [...takeBack, ...named, { do: "create", name: setProperty, value: set }], findings: [] };
}

/** The property where somebody else made it to say something else. */
function contrary(held: ClusterProperty | undefined, value: string): ClusterProperty | undefined {
  return held?.owned === false && held.value !== value ? held : undefined;
}

function stepsTo(name: string, value: string, held: ClusterProperty | undefined): readonly PropertyStep[] {
  if (held === undefined) return [{ do: "create", name, value }];
  return held.value === value ? [] : [{ do: "update", held, value }];
}

function otherName({ value }: ClusterProperty, cluster: string): Finding {
  return {
    subject: `ClusterProperty ${clusterProperty}`,
    reason: "ObjectNotOurs",
    message:
      `it says "${value}" and somebody else made it, while this cluster is "${cluster}" in the mesh, so ${setProperty} ` +
      `is not written. Let it say "${cluster}", or delete it (kubectl delete clusterproperty ${clusterProperty}); or ` +
      `leave the mesh and join again as "${value}"`,
  };
}

function otherSet({ value }: ClusterProperty, set: string): Finding {
  return {
    subject: `ClusterProperty ${setProperty}`,
    reason: "ObjectNotOurs",
    message:
      `it says "${value}" and somebody else made it, while this mesh is "${set}": a cluster says one set only. Where ` +
      `the cluster is no member of "${value}" any more: kubectl delete clusterproperty ${setProperty}`,
  };
}
