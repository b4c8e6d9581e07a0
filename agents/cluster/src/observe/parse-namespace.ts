// A Namespace at the door.

import { parseObject } from "../kube/door.ts";
import type { Parse } from "../kube/door.ts";
import type { Stored } from "../kube/store.ts";

/** What we need of a Namespace. */
export interface Namespace extends Stored {
  /** It is being deleted: nothing can be created in it any more. */
  readonly terminating: boolean;
}

/** Parses a Namespace. @throws ObjectError */
export const parseNamespace: Parse<Namespace> = (object) =>
  parseObject("Namespace", object, ({ name, uid, resourceVersion, terminating }) => ({
    namespace: "",
    name,
    uid,
    resourceVersion,
    terminating,
  }));
