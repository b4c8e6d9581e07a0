// A ServiceExport (multicluster.x-k8s.io/v1beta1) at the door.

import { integer, list, parseObject, record, text, optionalText, textMap } from "../kube/door.ts";
import type { Parse } from "../kube/door.ts";
import { isOwned } from "../kube/ownership.ts";
import type { Stored } from "../kube/store.ts";

/** A metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
}

/** What we need of a ServiceExport. */
export interface ServiceExport extends Stored {
  /** Unix seconds: seniority in conflicts. */
  readonly createdAt: number;
  readonly generation: number;
  readonly exportedLabels: Readonly<Record<string, string>>;
  readonly exportedAnnotations: Readonly<Record<string, string>>;
  /** The annotation `sealane.dev/endpoints` as it stands; empty when absent. */
  readonly endpoints: string;
  /** We made it, because a namespace's selector selects its Service. */
  readonly selected: boolean;
  readonly conditions: readonly Condition[];
  readonly terminating: boolean;
}

/** Annotation of a ServiceExport: what other clusters import, `pods` or `vip`. */
export const endpointsAnnotation = "sealane.dev/endpoints";

/** Annotation of a ServiceExport that we made: whose selector selects its Service. */
export const selectedByAnnotation = "sealane.dev/selected-by";

/** Parses a ServiceExport. @throws ObjectError */
export const parseServiceExport: Parse<ServiceExport> = (object) =>
  parseObject("ServiceExport", object, ({ spec, status, ...parts }) => ({
    namespace: parts.namespace,
    name: parts.name,
    uid: parts.uid,
    resourceVersion: parts.resourceVersion,
    createdAt: parts.createdAt,
    generation: parts.generation,
    exportedLabels: textMap(spec["exportedLabels"], "spec.exportedLabels"),
    exportedAnnotations: textMap(spec["exportedAnnotations"], "spec.exportedAnnotations"),
    endpoints: parts.annotations[endpointsAnnotation] ?? "",
    selected: isOwned(parts) && parts.annotations[selectedByAnnotation] !== undefined,
    conditions: parseConditions(status["conditions"], "status.conditions"),
    terminating: parts.terminating,
  }));

/** A list of conditions; absent is empty. @throws ObjectError */
export function parseConditions(value: unknown, where: string): readonly Condition[] {
  return list(value, where).map((each, index) => {
    const at = `${where}[${index}]`;
    const condition = record(each, at);
    const status = text(condition["status"], `${at}.status`);
    const generation = condition["observedGeneration"];
    return {
      type: text(condition["type"], `${at}.type`),
      status: status === "True" || status === "False" ? status : "Unknown",
      reason: optionalText(condition["reason"], `${at}.reason`),
      message: optionalText(condition["message"], `${at}.message`),
      observedGeneration: generation === undefined ? 0 : integer(generation, `${at}.observedGeneration`),
      lastTransitionTime: optionalText(condition["lastTransitionTime"], `${at}.lastTransitionTime`),
    };
  });
}
