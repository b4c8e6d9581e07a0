// A ClusterProperty (about.k8s.io/v1beta1, KEP-2149) at the door, and the two that a member of a ClusterSet has.

import { parseObject, text } from "../kube/door.ts";
import type { Parse } from "../kube/door.ts";
import { isOwned, ownedAnnotations, ownedLabels } from "../kube/ownership.ts";
import { apiVersion, resources } from "../kube/resource.ts";
import type { Stored } from "../kube/store.ts";

/** Says which cluster this is, in its set. */
export const clusterProperty = "cluster.clusterset.k8s.io";
/** Says of which set the cluster is a member; there is none while it is of none. */
export const setProperty = "clusterset.k8s.io";

/** What we need of a ClusterProperty. */
export interface ClusterProperty extends Stored {
  readonly value: string;
  /** It carries our mark. */
  readonly owned: boolean;
}

/** Parses a ClusterProperty. @throws ObjectError */
export const parseProperty: Parse<ClusterProperty> = (object) =>
  parseObject("ClusterProperty", object, ({ namespace, name, uid, resourceVersion, ...parts }) => ({
    namespace,
    name,
    uid,
    resourceVersion,
    value: text(parts.spec["value"], "spec.value"),
    owned: isOwned(parts),
  }));

/** A property of ours as it is written; with a resource version, over what was read. */
export function propertyBody(name: string, value: string, resourceVersion?: string): object {
  const { kind } = resources.clusterProperties;
  const guard = resourceVersion === undefined ? {} : { resourceVersion };
  const metadata = { name, labels: ownedLabels, annotations: ownedAnnotations, ...guard };
  return { apiVersion: apiVersion(resources.clusterProperties), kind, metadata, spec: { value } };
}
