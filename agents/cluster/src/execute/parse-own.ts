// Our ServiceImports and derived Services at the door. Both are small, so their spec is kept as it is: what
// somebody changed by hand is then seen by comparing it.

import { parseConditions } from "../observe/parse-service-export.ts";
import type { Condition } from "../observe/parse-service-export.ts";
import { list, optionalText, parseObject, record, text, texts } from "../kube/door.ts";
import type { Json, Parse } from "../kube/door.ts";
import { importKeys, ourKeys, oursOf } from "./beside-others.ts";
import type { Owned } from "./own-kind.ts";

/** A ServiceImport of ours. */
export interface ServiceImport extends Owned {
  readonly generation: number;
  readonly spec: Json;
  readonly ips: readonly string[];
  readonly clusters: readonly string[];
  readonly conditions: readonly Condition[];
  /** `Present`, `Absent`, or empty when not set. */
  readonly endpointSliceObjects: string;
}

/** Parses a ServiceImport. @throws ObjectError */
export const parseServiceImport: Parse<ServiceImport> = (object) =>
  parseObject("ServiceImport", object, ({ spec, status, ...parts }) => ({
    namespace: parts.namespace,
    name: parts.name,
    uid: parts.uid,
    resourceVersion: parts.resourceVersion,
    labels: parts.labels,
    annotations: parts.annotations,
    generation: parts.generation,
    spec,
    ips: texts(spec["ips"], "spec.ips"),
    clusters: list(status["clusters"], "status.clusters").map((each, index) =>
      text(record(each, `status.clusters[${index}]`)["cluster"], `status.clusters[${index}].cluster`),
    ),
    conditions: parseConditions(status["conditions"], "status.conditions"),
    endpointSliceObjects: optionalText(status["endpointSliceObjects"], "status.endpointSliceObjects"),
  }));

/** A selector-less Service behind a ServiceImport. */
export interface DerivedService extends Owned {
  /** Name of the ServiceImport that it stands behind; empty when the annotation is gone. */
  readonly importName: string;
  readonly spec: Json;
  readonly ipFamilies: readonly string[];
  /** In the order of `ipFamilies`; empty when it has none. */
  readonly clusterAddresses: readonly string[];
}

/** Annotation of a derived Service: the ServiceImport that it stands behind. */
export const importAnnotation = "sealane.dev/service-import";

/** What `loadBalancerSourceRanges` was before it was a field; refused to a ClusterIP as that is. */
const sourceRangesAnnotation = "service.beta.kubernetes.io/load-balancer-source-ranges";

/** Keys that are ours on a derived Service. */
export const serviceKeys = ourKeys({ annotations: [sourceRangesAnnotation] });

/** Parses a derived Service. @throws ObjectError */
export const parseDerivedService: Parse<DerivedService> = (object) =>
  parseObject("Service", object, ({ spec, ...parts }) => ({
    namespace: parts.namespace,
    name: parts.name,
    uid: parts.uid,
    resourceVersion: parts.resourceVersion,
    labels: parts.labels,
    annotations: parts.annotations,
    importName: parts.annotations[importAnnotation] ?? "",
    spec,
    ipFamilies: texts(spec["ipFamilies"], "spec.ipFamilies"),
    clusterAddresses: texts(spec["clusterIPs"], "spec.clusterIPs").filter((each) => each !== "None"),
  }));

/** What we write of a ServiceImport, as people see it; times of transitions are not ours to keep. */
export function importFields(value: ServiceImport): Json {
  const { spec, clusters, conditions } = value;
  const said = conditions.map(({ type, status, reason, message }) => [type, { status, reason, message }]);
  return {
    metadata: oursOf(value, importKeys(value)),
    spec,
    status: { clusters, conditions: Object.fromEntries(said) },
  };
}

/** What we write of a derived Service, as people see it. */
export function serviceFields(value: DerivedService): Json {
  return { metadata: oursOf(value, serviceKeys), spec: value.spec };
}
