// Which Services a namespace wants exported by its label selector, as far as is known. Opt-in by an annotation of the
// Namespace. Refuses to select in system namespaces, and to guess: what is not known is undefined (law 2).

import type { Finding, Refusal } from "@sealane/core";
import { meshNamespace, no } from "@sealane/core";
import { objectKey, splitKey } from "../kube/store.ts";
import type { ObjectKey } from "../kube/store.ts";
import type { Followed } from "./follow.ts";
import { SelectorError, matchesSelector, parseLabelSelector } from "./label-selector.ts";
import type { LabelSelector } from "./label-selector.ts";
import { exportSelectorAnnotation } from "./parse-namespace.ts";
import type { Namespace } from "./parse-namespace.ts";
import type { ServiceExport } from "./parse-service-export.ts";
import type { Service } from "./parse-service.ts";

/** Namespaces in which a broad selector would export what a cluster is run by (KEP-1645, "Restricting Exports"). */
const refusedNamespaces: ReadonlySet<string> = new Set([
  "default",
  "kube-node-lease",
  "kube-public",
  "kube-system",
  meshNamespace,
]);

/** What selections are made of. */
export interface SelectionKinds {
  readonly namespaces: Followed<Namespace>;
  readonly services: Followed<Service>;
  readonly exports: Followed<ServiceExport>;
}

/** Answers from what the kinds hold now. */
export class Selection {
  readonly #kinds: SelectionKinds;

  constructor(kinds: SelectionKinds) {
    this.#kinds = kinds;
  }

  /**
   * Whether a ServiceExport of this name is to be there because a selector wants it; undefined while that is not known,
   * and while the selector cannot be read: then what stands stays.
   */
  selects(namespace: string, name: string): boolean | undefined {
    const key = objectKey(namespace, name);
    const { namespaces, services, exports } = this.#kinds;
    if (!isKnown(namespaces, objectKey("", namespace))) return undefined;
    if (!isKnown(services, key) || !isKnown(exports, key)) return undefined;
    const found = namespaces.store.get(objectKey("", namespace));
    // What is in a namespace that goes, goes with it.
    if (found === undefined || found.terminating) return undefined;
    if (found.exportSelector === undefined) return false;
    const { selector, refusal } = readSelector(found);
    if (selector === undefined) return refusal.reason === "SelectorInvalid" ? undefined : false;
    const service = services.store.get(key);
    if (service === undefined || service.terminating || service.owned || service.type === "ExternalName")
      return false;
    return matchesSelector(selector, service.labels);
  }

  /** Why the namespace's selector is of no use, and the namespace; undefined when it is, or there is none. */
  refused(name: string): { readonly namespace: Namespace; readonly refusal: Refusal } | undefined {
    const namespace = this.#kinds.namespaces.store.get(objectKey("", name));
    if (namespace === undefined) return undefined;
    const refusal = refusalOf(namespace);
    return refusal === undefined ? undefined : { namespace, refusal };
  }

  /** Whether the Service could be selected, or was: its export may have to come or go when it changes. */
  concerns(key: ObjectKey): boolean {
    const { namespace } = splitKey(key);
    const { namespaces, exports } = this.#kinds;
    const selects = namespaces.store.get(objectKey("", namespace))?.exportSelector !== undefined;
    return selects || exports.store.get(key)?.selected === true;
  }

  /** Names of everything that concerns selections, in these namespaces or in all. */
  *names(namespaces?: ReadonlySet<string>): Generator<ObjectKey, undefined> {
    const { services, exports } = this.#kinds;
    for (const kind of [services, exports]) {
      for (const { namespace, name } of kind.store.values()) {
        const key = objectKey(namespace, name);
        if (namespaces?.has(namespace) ?? this.concerns(key)) yield key;
      }
    }
  }

  /** Selectors that are of no use, for a person. */
  findings(): readonly Finding[] {
    return [...this.#kinds.namespaces.store.values()].flatMap((namespace): readonly Finding[] => {
      const refusal = refusalOf(namespace);
      if (refusal === undefined) return [];
      return [{ subject: `Namespace ${namespace.name}`, reason: refusal.reason, message: refusal.message }];
    });
  }
}

type ReadSelector =
  | { readonly selector: LabelSelector; readonly refusal?: undefined }
  | { readonly selector?: undefined; readonly refusal: Refusal };

function refusalOf(namespace: Namespace): Refusal | undefined {
  return namespace.exportSelector === undefined ? undefined : readSelector(namespace).refusal;
}

function readSelector({ name, exportSelector = "" }: Namespace): ReadSelector {
  const where = `Annotation ${exportSelectorAnnotation} of namespace "${name}"`;
  if (refusedNamespaces.has(name)) {
    const cure = "remove the annotation, and export single Services by a ServiceExport";
    return {
      refusal: no("SelectorNotAllowed", `${where} is ignored, for it is a system namespace; ${cure}`),
    };
  }
  const held = "exports that it made before stay, and none are made";
  const refuse = (why: string): ReadSelector => ({
    refusal: no("SelectorInvalid", `${where} cannot be used: ${why}; ${held}`),
  });
  if (exportSelector.trim() === "")
    return refuse("it is empty and would select every Service. Name a label, as in tier=web");
  try {
    return { selector: parseLabelSelector(exportSelector) };
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return refuse(`${error.message}. Write a label selector, as in tier=web,!draft`);
  }
}

function isKnown(
  { synced, unreadable }: Followed<Namespace | Service | ServiceExport>,
  key: ObjectKey,
): boolean {
  return synced && unreadable?.hasUnknown(key) !== true;
}
