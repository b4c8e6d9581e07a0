// A Namespace at the door.

import { parseObject } from "../kube/door.ts";
import type { Parse } from "../kube/door.ts";
import type { Stored } from "../kube/store.ts";

/** What we need of a Namespace. */
export interface Namespace extends Stored {
  /** It is being deleted: nothing can be created in it any more. */
  readonly terminating: boolean;
  /** The annotation `sealane.dev/export-selector` as it stands; absent: nothing is selected. */
  readonly exportSelector?: string;
}

/** Annotation of a Namespace: a label selector; Services in it that match are exported. */
export const exportSelectorAnnotation = "sealane.dev/export-selector";

/** Parses a Namespace. @throws ObjectError */
export const parseNamespace: Parse<Namespace> = (object) =>
  parseObject("Namespace", object, ({ name, uid, resourceVersion, terminating, annotations }) => {
    const exportSelector = annotations[exportSelectorAnnotation];
    const namespace = { namespace: "", name, uid, resourceVersion, terminating };
    return exportSelector === undefined ? namespace : { ...namespace, exportSelector };
  });
